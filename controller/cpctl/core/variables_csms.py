"""Variables of the way to the CSMS: connection, messages, security, clock, and how much of the device model fits into a message."""

from __future__ import annotations

from typing import Final

from .variable_definition import Definition, Kind, Mutability, fact, live, number, seconds, text

# Slots for network profiles. The first is the configuration file's and can't be overwritten, so there is always one that has been thought about here.
CONFIGURED_SLOT: Final = 1
SLOTS: Final = (1, 2, 3)

# A message with more than this is refused; what is announced fits, several times over, into the longest frame that is read.
MAX_ITEMS: Final = 100
MAX_BYTES: Final = 65_536

# The standard's own limits for values that are set and reported.
MAX_SET_CHARS: Final = 1000
MAX_REPORTED_CHARS: Final = 2500

_FILE_TRANSFERS: Final = ("FTP", "FTPS", "HTTP", "HTTPS", "SFTP")


def csms_variables() -> tuple[Definition, ...]:
    """Return their definitions."""
    return (*_communication(), *_network(), *(one for slot in SLOTS for one in _profile(slot)), *_security(), *_clock(), *_device_data())


def _communication() -> tuple[Definition, ...]:
    return (
        seconds("OCPPCommCtrlr.HeartbeatInterval", 300, "time without other messages after which a heartbeat is sent", 1),
        seconds("OCPPCommCtrlr.WebSocketPingInterval", 60, "time between pings of the connection; 0: none"),
        seconds("OCPPCommCtrlr.RetryBackOffWaitMinimum", 10, "wait before the first attempt to connect again", 1, 3600),
        seconds("OCPPCommCtrlr.RetryBackOffRandomRange", 10, "random part added to each wait", 0, 3600),
        number("OCPPCommCtrlr.RetryBackOffRepeatTimes", 3, "how often the wait doubles: 3 times makes 230 s at most", 0, 16),
        seconds("OCPPCommCtrlr.OfflineThreshold", 60, "time offline after which every status is told anew, though it may be as before"),
        live("OCPPCommCtrlr.MessageTimeout[Default]", Kind.INTEGER, "time for the answer to a message, as the network profile in use has it", "s"),
        seconds("CustomizationCtrlr.MessageTimeout", 30, "time for the answer to a message where the network profile names none", 1, 600),
        number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]", 3, "attempts at a transaction message that is refused or not answered", 1, 100),
        seconds("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", 60, "wait between such attempts, times the attempts made"),
        number("OCPPCommCtrlr.OutboxCapacity", 5000, "transaction messages that may wait; meter values are thinned beyond", 10, 100_000),
        number("OCPPCommCtrlr.ResetRetries", 0, "how often a reset that failed is tried again; without effect, as none can fail here", 0, 10),
        fact("OCPPCommCtrlr.FileTransferProtocols", Kind.MEMBER_LIST, "", "how files are transferred; none yet", values=_FILE_TRANSFERS),
    )


def _network() -> tuple[Definition, ...]:
    slots = tuple(map(str, SLOTS))
    return (
        Definition(
            "OCPPCommCtrlr.NetworkConfigurationPriority",
            Kind.SEQUENCE_LIST,
            str(CONFIGURED_SLOT),
            f"slots of the network profiles to connect by, in this order; {CONFIGURED_SLOT} is the configuration file's",
            values=slots,
            reboot_required=True,
        ),
        number("OCPPCommCtrlr.NetworkProfileConnectionAttempts", 3, "attempts to connect by one profile before the next is tried", 1, 100),
        live("OCPPCommCtrlr.ActiveNetworkProfile", Kind.INTEGER, "slot of the network profile in use"),
    )


def _profile(slot: int) -> tuple[Definition, ...]:
    """Define a network profile, which is read here and set as a whole (OCPP 2.1, B09.FR.08)."""
    at = f"NetworkConfiguration[{slot}]"
    return (
        live(f"{at}.OcppCsmsUrl", Kind.STRING, "URL of the CSMS, without the station's identity; empty: there is nothing in the slot"),
        live(f"{at}.SecurityProfile", Kind.INTEGER, "security profile"),
        live(f"{at}.MessageTimeout", Kind.INTEGER, "time for the answer to a message", "s"),
        live(f"{at}.OcppVersion", Kind.OPTION_LIST, "version that is offered first", values=("OCPP16", "OCPP20", "OCPP21")),
        fact(f"{at}.OcppTransport", Kind.OPTION_LIST, "JSON", "how messages are written", values=("JSON",)),
        fact(f"{at}.OcppInterface", Kind.OPTION_LIST, "Any", "which way leads to the CSMS: that of the host", values=("Any",)),
        fact(f"{at}.ApnEnabled", Kind.BOOLEAN, "false", "there is no modem of the station's own"),
        fact(f"{at}.VpnEnabled", Kind.BOOLEAN, "false", "there is no VPN of the station's own"),
    )


def _security() -> tuple[Definition, ...]:
    return (
        live("SecurityCtrlr.SecurityProfile", Kind.INTEGER, "security profile in use"),
        live("SecurityCtrlr.Identity", Kind.STRING, "the station's identity at the CSMS", "", None, 48),
        Definition(
            "SecurityCtrlr.BasicAuthPassword",
            Kind.PASSWORD,
            "",
            "password at the CSMS in place of the configuration's, from the next connection on; in OCPP 1.6, 32 to 40 hexadecimal digits are bytes",
            "",
            16,
            40,
            mutability=Mutability.WRITE_ONLY,
        ),
        text(
            "SecurityCtrlr.OrganizationName",
            "",
            "organization for the subject of a certificate that the station asks for; it asks for none yet",
            0,
            64,
        ),
        live(
            "SecurityCtrlr.CertificateEntries",
            Kind.INTEGER,
            "certificates that the configuration names: the CSMS's authority's and our own",
            "",
            0,
            2,
        ),
    )


def _clock() -> tuple[Definition, ...]:
    return (
        live("ClockCtrlr.DateTime", Kind.DATE_TIME, "date and time of the station"),
        Definition(
            "ClockCtrlr.TimeSource",
            Kind.SEQUENCE_LIST,
            "Heartbeat",
            "who is believed about the time: the CSMS, and nobody else yet",
            values=("Heartbeat",),
        ),
    )


def _device_data() -> tuple[Definition, ...]:
    calls = ("GetReport", "GetVariables", "SetVariables")
    return (
        *(fact(f"DeviceDataCtrlr.ItemsPerMessage[{call}]", Kind.INTEGER, str(MAX_ITEMS), f"entries in one {call} at most") for call in calls),
        *(fact(f"DeviceDataCtrlr.BytesPerMessage[{call}]", Kind.INTEGER, str(MAX_BYTES), f"length of one {call} at most", "B") for call in calls),
        fact(
            "DeviceDataCtrlr.ConfigurationValueSize", Kind.INTEGER, str(MAX_SET_CHARS), "characters of a value that is set, and of a list of values"
        ),
        fact("DeviceDataCtrlr.ReportingValueSize", Kind.INTEGER, str(MAX_REPORTED_CHARS), "characters of a value that is reported"),
    )
