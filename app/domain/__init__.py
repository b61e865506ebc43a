"""What the organisation knows and the rules it goes by: no HTTP, no BPMN, no scheduler.

Areas lean on each other in one direction, each on those before it: `journal`, `people`, `records`, `calendars`,
`portfolio`, `problems`, `incidents`, then `shared` and `notifications`; `record_kinds`, `operations` and `demo` gather
from all.
"""
