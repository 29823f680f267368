"""Looking at what critics see: why a photo is rated as it is, what to do about it, and many photos at one glance."""
