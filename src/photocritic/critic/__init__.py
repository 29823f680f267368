"""The judge at work, on onnxruntime. This room knows nothing of labels or of teaching."""
