# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The releases of a service: what runs, what a person names, and what is still on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import (
    Image,
    Look,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.image_names import (
    floats,
    of_own,
    repository,
    short,
    tag,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Release,
    release,
)


def releases(look: Look, service: str, known: object) -> list[Release]:
    """The newest first; those that are no longer on the host last, in the order they are named."""
    titles = dict.fromkeys(one["image"] for one in look.of(service))
    named: dict[str, str] = {}
    absent = []
    for reference in references(known):
        found = find(look.images, reference)
        if found:
            named.setdefault(found, reference)
        else:
            absent.append(release(reference, reference, present=False))
    images = [*titles, *named, *_same_repository(look, service), *_built(look, service)]
    created = {one.id: one.created for one in [*look.images, *look.built.get(service, [])]}
    found_ids = sorted(dict.fromkeys(images), key=lambda one: created.get(one, ""), reverse=True)
    here = [
        release(
            one, named.get(one) or title(look.images, one), _since(created.get(one)), one in created
        )
        for one in found_ids
    ]
    return here + absent


def target(look: Look, service: str, wanted: str, known: Sequence[Release]) -> targets.Target:
    """By its id, its digest or a tag that stays; a tag alone is one of the service's own image."""
    own = deployed(look, service)
    wanted = of_own(wanted, own)
    if floats(wanted):
        return targets.floating(wanted, own)
    found = find(look.images, wanted)
    if found is None:
        return targets.missing(
            f"there is no image {wanted} on the host; by hand: docker pull {wanted}"
        )
    if found not in [one["name"] for one in known]:
        return targets.refused(
            "release_missing", f"image {wanted} is no release of {service}, which runs {own}"
        )
    running = {one["image"] for one in look.of(service)}
    return targets.target(found, title(look.images, found), running == {found})


def deployed(look: Look, service: str) -> str:
    """The image that the compose files name; what Compose builds itself it names itself."""
    return str(look.config.get(service, {}).get("image") or f"{look.project}-{service}")


def references(known: object) -> list[str]:
    """`releases: {previous: shop:v3, history: [shop:v2]}` of the catalog, each a text or a list."""
    if not isinstance(known, Mapping):
        return []
    found: list[str] = []
    for key in ("previous", "history"):
        given = known.get(key) or []
        found += [given] if isinstance(given, str) else [str(one) for one in given]
    return list(dict.fromkeys(found))


def find(images: Iterable[Image], reference: str) -> str | None:
    """The id of the image that a reference means on this host; no reference moves under an id."""
    given = short(reference)
    if given.startswith("sha256:"):
        return next((one.id for one in images if one.id == given), None)
    name, at, digest = given.partition("@")
    if at:
        wanted = (repository(name), digest)
        return next(
            (one.id for one in images if (short(one.repository), one.digest) == wanted), None
        )
    pair = (repository(given), tag(given) or "latest")
    return next((one.id for one in images if (short(one.repository), one.tag) == pair), None)


def title(images: Sequence[Image], image: str) -> str:
    """What a person calls it: its tags, else the beginning of its id."""
    tags = [
        f"{one.repository}:{one.tag}" for one in images if one.id == image and one.tag != "<none>"
    ]
    return ", ".join(dict.fromkeys(tags)) or image.removeprefix("sha256:")[:12]


def _same_repository(look: Look, service: str) -> list[str]:
    named = [one["image_name"] for one in look.of(service)] + [
        str(look.config.get(service, {}).get("image") or "")
    ]
    running = {one["image"] for one in look.of(service)}
    wanted = {repository(name) for name in named if name and not name.startswith("sha256:")}
    wanted |= {short(one.repository) for one in look.images if one.id in running}
    return [one.id for one in look.images if short(one.repository) in wanted - {"<none>"}]


def _built(look: Look, service: str) -> list[str]:
    return [one.id for one in look.built.get(service, [])]


def _since(created: str | None) -> str | None:
    """`2026-11-21 13:12:03 +0000 UTC` as a time of ours; one of another zone as it stands."""
    if not created:
        return None
    day, clock, zone, *_rest = [*created.split(), "", "", ""]
    return f"{day}T{clock}Z" if zone == "+0000" else created
