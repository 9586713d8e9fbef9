"""From a Spec to a running endpoint: desired and current → plan → execute → record → report.

`desired` says what should be, `current` what is, `plan` the steps from one to the other, `execute` takes them one by
one, `record` keeps what was made on disk, `report` tells people and programs. `delete` and `rollback` plan steps of the
same kind.
"""
