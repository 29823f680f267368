"""What photocritic costs, measured beside other ways. Run by hand: ``make bench``; figures go to LOG.md."""
