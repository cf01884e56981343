# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The actions on a service, with the phase that carries each out and its risk; the same in every scenario."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Action

ACTIONS: dict[str, Action] = {
    "start_service": Action("recovery", "safe"),
    "restart_service": Action("recovery", "safe"),
    # One that holds data: what it has not saved may be lost.
    "restart_server": Action("recovery", "disruptive"),
    "deploy_release": Action("recovery", "disruptive"),
    "stop_service": Action("recovery", "disruptive"),
    "roll_back": Action("rollback", "disruptive"),
    "scale_service": Action("scaling", "safe"),
    "raise_memory_limit": Action("scaling", "disruptive"),
    "enter_maintenance": Action("containment", "disruptive"),
    "leave_maintenance": Action("containment", "safe"),
    # Capped and undone; a node that takes no new pods is not noticed either. But a pod that was
    # evicted is another one elsewhere, and does not come back.
    "drain_upstream": Action("containment", "safe"),
    "return_upstream": Action("containment", "safe"),
    "cordon_node": Action("containment", "safe"),
    "uncordon_node": Action("containment", "safe"),
    "drain_node": Action("containment", "disruptive"),
    "pause_processing": Action("containment", "safe"),
    # Of a bot. Updates wait at Telegram meanwhile, and none is lost.
    "reset_webhook": Action("recovery", "safe"),
    "fall_back_to_polling": Action("containment", "disruptive"),
    "return_to_webhook": Action("containment", "safe"),
    "resume_processing": Action("containment", "disruptive"),
    # No job is lost by it, and its expiry ends it.
    "pause_queue": Action("containment", "safe"),
    "resume_queue": Action("containment", "safe"),
    # What a job does it does again: a mail is sent, an address is called.
    "replay_failed": Action("recovery", "disruptive"),
    "clean_failed": Action("recovery", "destructive"),
    # Of one client that a person names. Of all, who abuses the service comes in again, too.
    "reset_client": Action("containment", "safe"),
    "reset_rate_limits": Action("containment", "disruptive"),
}


def some(*names: str) -> dict[str, Action]:
    return {name: ACTIONS[name] for name in names}
