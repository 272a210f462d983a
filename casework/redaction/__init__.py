"""
Suggest marks identifying spans in a narrative; gate compares a draft with what is sealed.

Everything here is a pure function over text in memory: no file is written, no socket opened, nothing
logged. The models are one explicit object, ``gate.load() -> Detectors``, passed in by the caller. Only a
desk loads this package; the hub never imports it.

    gate       verdicts on a draft: both halves, and both at once on clear input
    suggest    spans to mask in a narrative
    detectors  the loaded models and tables
"""
