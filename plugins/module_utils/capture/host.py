# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine: what runs, who talks to whom, what is short."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    COUNTERS,
    EVENTS,
    PROCESSES,
    SETTINGS,
    Source,
)


def sources(log_lines: int) -> list[Source]:
    return [
        Source(
            "processes",
            # Wide: a command that is cut to 80 columns does not tell one service from another.
            "ps -ww -eo pid,ppid,user,stat,etime,rss,pcpu,args 2>/dev/null || ps w 2>/dev/null || ps",
            PROCESSES,
        ),
        Source(
            "sockets",
            "ss -tunap 2>/dev/null || netstat -tunap 2>/dev/null || cat /proc/net/tcp",
            PROCESSES,
        ),
        Source("logged-in", "who; uptime", PROCESSES),
        Source("memory", "cat /proc/meminfo; cat /proc/pressure/* 2>/dev/null; true", COUNTERS),
        Source("work", "vmstat 1 2 2>/dev/null; cat /proc/loadavg; nproc", COUNTERS),
        Source("disks", "df -P; df -P -i; cat /proc/diskstats 2>/dev/null; true", COUNTERS),
        Source(
            "network", "ip -s link 2>/dev/null; ip route 2>/dev/null; cat /proc/net/dev", COUNTERS
        ),
        Source(
            "kernel",
            f"dmesg 2>/dev/null | tail -n {log_lines} || journalctl -k -n {log_lines} --no-pager",
            EVENTS,
            end=True,
        ),
        Source(
            "system",
            "uname -a; cat /etc/os-release; cat /etc/resolv.conf; cat /proc/mounts",
            SETTINGS,
        ),
    ]
