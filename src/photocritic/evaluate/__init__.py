"""Examining critics: honest marks, in the field's own measures. It knows nothing of teaching or of torch."""
