"""By which network profile to connect next: each as often as configured, in their order, then the one that last worked, over and over (OCPP 2.0.1 B10).

So one that leads nowhere keeps nobody away for longer than its attempts, and one that comes back is found (B10.FR.07, FR.08).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cpctl.core.network import NetworkPlan
from cpctl.core.records import NetworkProfile
from cpctl.core.variables_csms import CONFIGURED_SLOT

from .settings import CsmsSettings


class Profiles:
    """Chooses, from what was set when this run began. `attempts` says how often one is tried before the next."""

    def __init__(self, configured: CsmsSettings, plan: NetworkPlan, attempts: Callable[[], int]) -> None:
        self._order = [settings_of(configured, profile) for profile in plan.profiles]
        self._last_good = plan.last_good
        self._choices = self._round()
        self._attempts = attempts
        self._present = 0
        self._failed = 0
        self._untried = len(self._choices)  # since one was last accepted: a switch to such a one need not wait for long

    @property
    def settings(self) -> CsmsSettings:
        """The profile in use, or to be tried next."""
        return self._choices[self._present]

    @property
    def on_trial(self) -> bool:
        """True while the present profile is not the one by which the CSMS last accepted us."""
        return self.settings.slot != self._last_good

    def failed(self) -> bool:
        """Take that it did not come to an acceptance; tell whether another profile's turn has come that was not tried yet."""
        self._failed += 1
        if self._failed < self._attempts():
            return False
        self._failed = 0
        self._present = (self._present + 1) % len(self._choices)
        self._untried = max(0, self._untried - 1)
        return self._untried > 0

    def accepted(self) -> bool:
        """Take that the CSMS has accepted us by the present one: none less safe is used any more. Tell whether that is news."""
        used, before = self.settings, self._last_good
        self._last_good = used.slot
        self._order = [choice for choice in self._order if choice.security_profile >= used.security_profile]
        self._choices = self._round()
        self._present = self._order.index(used)
        self._failed, self._untried = 0, len(self._choices)
        return used.slot != before

    def _round(self) -> list[CsmsSettings]:
        """Return whose turns come one after the other; a profile that is alone has them all."""
        fallback = [choice for choice in self._order if choice.slot == self._last_good]
        return self._order + fallback if len(self._order) > 1 else self._order


def settings_of(configured: CsmsSettings, profile: NetworkProfile) -> CsmsSettings:
    """Make the settings of a profile of those of the configuration file, which know more than a profile says."""
    if profile.slot == CONFIGURED_SLOT:
        return configured
    offered = tuple(version for version in configured.versions if version in profile.versions) or profile.versions or configured.versions
    return replace(
        configured,
        slot=profile.slot,
        url=profile.url,
        security_profile=profile.security_profile,
        versions=offered,
        message_timeout_s=profile.message_timeout_s,
    )
