# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventories of the products: every entry is one that a runbook takes, and stands in the group of its kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
from ansible_collections.oncall.runbooks.plugins.module_utils import catalog, kinds
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

INVENTORIES = Path(__file__).resolve().parents[3] / "inventories"
PRODUCTS = sorted(one.name for one in INVENTORIES.iterdir() if one.name != "demo")

CLUSTER = json.dumps({"contexts": [{"name": "lab"}]})


def read(product: str, **given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The catalog, and the kind of each host by its groups."""
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(INVENTORIES / product)])
    groups = {
        host.name: name.removeprefix("kind_")
        for name, group in inventory.groups.items()
        if name.startswith("kind_")
        for host in group.get_hosts()
    }
    found = VariableManager(loader=loader, inventory=inventory).get_vars(
        host=inventory.get_host(min(groups))
    )
    templar = Templar(loader=loader, variables={**found, **given})
    return dict(templar.template(found["runbooks_services"])), groups


def private(folder: Path, **texts: str) -> dict[str, str]:
    for name, text in texts.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    return {f"{name}_file": str(folder / name) for name in texts}


@pytest.mark.parametrize("product", PRODUCTS)
def test_each_entry_is_valid(product: str, tmp_path: Path) -> None:
    wallet: dict[str, Any] = {
        "addresses": [f"0:{'ab' * 32}"],
        "endpoints": ["https://toncenter.com"],
    }
    wallet |= private(tmp_path, api_key="hunter2")
    files = private(tmp_path, token=f"4242:{'a' * 35}", secret="hunter2", cluster=CLUSTER)
    cluster = {"stack_kubeconfig": files.pop("cluster_file"), "stack_context": "lab"}
    services, groups = read(product, stack_bot=files, stack_wallet=wallet, **cluster)
    assert set(groups) == set(services)
    for name, entry in services.items():
        catalog.check(name, entry, groups[name])
        kinds.check(entry["kind"], name, entry, local=False)


def test_labelmint_asks_nobody_until_it_is_given_its_own_wallet() -> None:
    """The addresses that stand there are only to be replaced, and a run with them would pause payouts."""
    services, _groups = read("labelmint")
    entry = services["payouts"]
    with pytest.raises(InputError, match=r"payouts\.wallet\.api_key_file: .*labelmint-toncenter"):
        kinds.check("wallet", "payouts", entry, local=False)
    kept = {key: value for key, value in entry["wallet"].items() if key != "api_key_file"}
    kinds.check("wallet", "payouts", {**entry, "wallet": kept}, local=False)
