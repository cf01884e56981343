# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Telegram bot: what its catalog entry and its modules may say, its API, and its webhook.

rules.py, client.py, webhook.py, last_error.py, change.py, look.py and common.py also run on a target, in
the modules telegram_webhook and telegram_webhook_info: the standard library, and nothing newer than
Python 3.8. The others are the controller's.
"""
