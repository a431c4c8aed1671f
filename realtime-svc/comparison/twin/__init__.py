"""The bundled realtime service once more, in Python, to be measured beside it."""
