# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What shares the work of a service, and can be taken out of it for a time: the servers behind a
proxy, the nodes below its pods."""
