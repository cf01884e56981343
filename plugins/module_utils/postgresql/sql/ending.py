# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ending sessions: looked at again, held to the rules and to the cap, by the statement that ends.

By two rules: `aged` sessions do nothing for long; those that `offend` keep others waiting or work
for too long, and are cancelled before they are ended.

pg_stat_activity is frozen at a transaction's first look at it ("The Cumulative Statistics
System" in the PostgreSQL documentation), so the statement is alone in its transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    BACKENDS,
    OBSERVED,
    instant,
    params_cte,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.offences import (
    BLOCKING_CTE,
    OFFENDING_CTE,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    json_literal,
    transaction,
)

# Whatever a caller asks for.
MOST_ENDED = 200
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")
SKIPPED = (
    "gone",
    "protected",
    "candidate_no_longer_matches",
    "over_cap",
    "insufficient_privilege",
)


@dataclass(frozen=True)
class Rule:
    tables: tuple[str, ...]  # what it is judged from
    judged: str  # the one of them that has the sessions
    matches: str  # what must hold of a session `o`
    signals: Mapping[str, str]  # by step, of a candidate `c`
    told: str = ""  # what is answered of an ended session beside the rest


TERMINATE = "pg_terminate_backend(c.pid)"
RULES = {
    "aged": Rule(
        (
            """
backends AS MATERIALIZED (
  SELECT * FROM pg_stat_activity WHERE pid IN (SELECT asked.pid FROM asked)
)""",
            OBSERVED,
        ),
        "observed",
        "o.aged",
        {"end": TERMINATE},
    ),
    # Whom a session keeps waiting is only seen by looking at all.
    "offends": Rule(
        (BACKENDS, OBSERVED, BLOCKING_CTE, OFFENDING_CTE),
        "offending",
        "true",
        {
            # A session that does nothing in its transaction has nothing to be cancelled.
            "stop": f"CASE c.signal WHEN 'terminate' THEN {TERMINATE} ELSE pg_cancel_backend(c.pid) END",
            "end": TERMINATE,
        },
        ", 'signal', v.signal, 'offence', v.offence",
    ),
}

# Each asked session as it is now, and why it is not ended.
_LOOKED = """
looked AS MATERIALIZED (
  SELECT asked.number, asked.pid, o.role, o.application, o.client, o.database, o.state, o.state_s,{more}
    CASE WHEN a.pid IS NULL THEN 'gone'
         WHEN a.backend_type IS NULL THEN 'insufficient_privilege'
         WHEN a.backend_type <> 'client backend' OR o.protected IS NOT NULL THEN 'protected'
         WHEN o.pid IS NULL OR NOT {matches} THEN 'candidate_no_longer_matches'
         WHEN NOT pg_has_role(current_user, o.usesysid, 'USAGE')
          AND NOT pg_has_role(current_user, 'pg_signal_backend', 'USAGE')
           THEN 'insufficient_privilege' END AS skipped,
    coalesce(o.protected, CASE WHEN o.pid IS NULL THEN 'background' END) AS protected
  FROM asked
  -- Of a session that is not shown to us, nothing but the pid is.
  LEFT JOIN backends AS a ON a.pid = asked.pid
    AND (a.backend_start = asked.backend_start OR a.backend_type IS NULL)
  LEFT JOIN {judged} AS o ON o.pid = a.pid
)"""
# After the signals: one that was gone by then got none.
_VERDICT = """
verdict AS MATERIALIZED (
  SELECT l.*, d.ended, CASE WHEN l.skipped IS NOT NULL THEN l.skipped
    WHEN d.pid IS NULL THEN 'insufficient_privilege'
    WHEN NOT d.within THEN 'over_cap' WHEN NOT d.ended THEN 'gone' END AS reason
  FROM looked AS l LEFT JOIN done AS d ON d.number = l.number
)"""


def end_sessions(params: Mapping[str, Any]) -> str:
    """Answers {ended, skipped, error, dry_run}; on missing privilege nothing at all is ended."""
    rule = RULES[params.get("rule", "aged")]
    act = "true" if params.get("dry_run") else rule.signals[params.get("step", "end")]
    looked = _LOOKED.format(
        judged=rule.judged,
        matches=rule.matches,
        more=" o.signal, o.offence," if rule.told else "",
    )
    return transaction(f"""WITH {params_cte(params)},
asked AS MATERIALIZED (
  SELECT min(s.number) AS number, s.pid, s.backend_start FROM (
    SELECT number, (item->>'pid')::int AS pid,
      (item->>'backend_start')::timestamptz AS backend_start
    FROM jsonb_array_elements({json_literal(_asked(params))}::jsonb)
      WITH ORDINALITY AS list(item, number)) AS s
  GROUP BY s.pid, s.backend_start
),
{",".join(rule.tables)},
{looked},
candidates AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY number) <= {_cap(params)} AS within
  FROM looked WHERE skipped IS NULL
    AND NOT EXISTS (SELECT FROM looked WHERE skipped = 'insufficient_privilege')
),
done AS MATERIALIZED (
  SELECT c.*, CASE WHEN c.within THEN {act} END AS ended FROM candidates AS c
),
{_VERDICT}
SELECT json_build_object(
  'ended', coalesce(json_agg(json_build_object('pid', v.pid, 'role', v.role,
      'application', v.application, 'client', v.client, 'database', v.database, 'state', v.state,
      'idle_s', v.state_s{rule.told}) ORDER BY v.number) FILTER (WHERE v.reason IS NULL), '[]'),
  'skipped', coalesce(json_agg(json_build_object('pid', v.pid, 'reason', v.reason,
      'protected', CASE WHEN v.reason = 'protected' THEN v.protected END) ORDER BY v.number)
      FILTER (WHERE v.reason IS NOT NULL), '[]'),
  'error', CASE WHEN bool_or(v.skipped = 'insufficient_privilege')
      THEN 'insufficient_privilege' END,
  'dry_run', {"true" if params.get("dry_run") else "false"},
  'at', {instant("(SELECT now FROM moment)")})::text
FROM verdict AS v""")


def _asked(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A wrong one would fail the statement as a whole, or end somebody else: refused here."""
    asked = []
    for session in params["sessions"]:
        pid, start = session["pid"], str(session["backend_start"])
        if isinstance(pid, bool) or not isinstance(pid, int) or not 0 < pid < 2**31:
            raise ValueError(f"a session's pid is {pid!r}: it must be a whole number")
        if not INSTANT.fullmatch(start):
            raise ValueError(
                f"backend_start of session {pid} is not a time as the snapshot wrote it"
            )
        asked.append({"pid": pid, "backend_start": start})
    return asked


def _cap(params: Mapping[str, Any]) -> int:
    cap = params["cap"]
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 0:
        raise ValueError(f"the cap is {cap!r}: it must be a whole number, 0 or more")
    return min(cap, MOST_ENDED)
