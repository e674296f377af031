"""Pure array functions where the time goes."""
