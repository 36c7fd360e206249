"""The drawings of docs/hardware.md: what is wired to what, with values that the page computes."""

from __future__ import annotations

from collections.abc import Mapping

from sheet import Drawing, Sheet


def overview() -> Sheet:
    """Draw who is wired to whom in a whole charge point."""
    s = Sheet(
        940,
        570,
        "A whole charge point",
        "Mains come through overcurrent protection and residual-current device, through the sensor of the residual-current monitor and the contactor, to the "
        "socket or cable. The DevKitC stands between: through its pilot stage it speaks with the vehicle by the control pilot, reads proximity, monitor, mirror "
        "contact and sensors, and drives the contactor through a driver. A Linux host is on its USB. The boards' 0 V is joined to protective earth at one point.",
    )
    s.zone(14, 14, 912, 178, "mains: qualified people only")
    boxes = (
        (56, 100, "MCB", "overcurrent"),
        (212, 100, "RCD", "type A or B"),
        (378, 110, "RCM sensor", "around all", "live conductors"),
        (564, 110, "contactor", "mirror contact"),
    )
    for x, width, *lines in boxes:
        s.box(x, 56, width, 74, *lines, kind="hot")
    s.box(750, 56, 150, 74, "socket or cable", "IEC 62196 type 2", kind="hot")
    for left, right in ((20, 56), (156, 212), (312, 378), (488, 564), (674, 750)):
        for y in (78, 93, 108):
            s.wire((left, y), (right, y), kind="mains")
    s.wire((20, 160), (830, 160), (830, 130), kind="earth")
    s.note(40, 182, "protective earth: straight through, not switched")
    s.box(330, 330, 280, 110, "ESP32 DevKitC", "pilot, contactor, protections", "no mains on this board", kind="chip")
    s.box(60, 350, 150, 70, "Linux host", "permits, OCPP")
    s.box(690, 350, 190, 70, "pilot stage", "±12 V behind 1 kΩ")
    s.box(330, 224, 118, 54, "RCM input", "and test output")
    s.box(490, 224, 120, 54, "driver", "24 V, enable")
    s.box(60, 224, 190, 54, "emergency stop", "also cuts the coil's supply")
    s.wire((390, 130), (390, 224))
    s.wire((390, 278), (390, 330))
    s.wire((580, 224), (580, 130))
    s.wire((580, 278), (580, 330))
    s.note(572, 212, "coil", anchor="end")
    s.wire((650, 130), (650, 350), (610, 350))
    s.note(658, 250, "mirror contact")
    s.wire((250, 240), (290, 240), (290, 350), (330, 350))
    s.wire((250, 262), (270, 262), (270, 206), (548, 206), (548, 224))
    s.wire((210, 385), (330, 385))
    s.note(270, 377, "USB or UART", anchor="middle")
    s.wire((610, 385), (690, 385))
    s.wire((785, 350), (785, 130))
    s.note(777, 290, "control pilot", anchor="end")
    s.wire((860, 130), (860, 330), (906, 330), (906, 470), (560, 470), (560, 440))
    s.note(868, 225, "prox-", "imity")
    s.box(60, 480, 150, 54, "supply", "5 V, ±12 V, 24 V")
    s.wire((135, 480), (135, 456), (380, 456), (380, 440))
    s.box(310, 488, 320, 46, "temperature, current, S0, lock, LEDs")
    s.wire((470, 488), (470, 440))
    s.wire((420, 440), (420, 474), (290, 474), (290, 548), (630, 548), kind="earth")
    s.note(640, 552, "0 V joined to protective earth, at one point")
    return s


def pilot() -> Sheet:
    """Draw the pilot stage: driver, 1 kOhm, clamp, scaling to the converter."""
    s = Sheet(
        940,
        400,
        "Pilot stage",
        "The pin pilot_pwm, with a pull-down of 10 kΩ, drives the + input of a fast rail-to-rail amplifier on ±12 V used as comparator against 1.66 V from 100 kΩ and 16 kΩ at +12 V. Its output goes "
        "through 1 kΩ and the contact of the CP relay to the control pilot, with a bidirectional suppressor to protective earth. From behind the 1 kΩ, 200 kΩ, with "
        "44.2 kΩ to 3.3 V and 33.2 kΩ to ground, scale the pilot to the pin pilot_adc; two low-leakage diodes and 100 pF guard it.",
    )
    s.end(110, 100, "pilot_pwm", left=True)
    s.wire((114, 100), (285, 100))
    s.resistor(160, 142, "10 kΩ", upright=True)
    s.wire((160, 100), (160, 118))
    s.dot((160, 100))
    s.ground(160, 166)
    s.amplifier(320, 120)
    s.wire((310, 92), (310, 70))
    s.supply(310, 70, "+12 V")
    s.wire((310, 148), (310, 172))
    s.text(310, 188, "−12 V", anchor="middle")
    s.wire((285, 140), (256, 140), (256, 262))
    s.resistor(200, 238, "100 kΩ")
    s.wire((224, 238), (256, 238))
    s.dot((256, 238))
    s.end(164, 238, "+12 V", left=True)
    s.wire((168, 238), (176, 238))
    s.resistor(256, 286, "16 kΩ", upright=True)
    s.ground(256, 310)
    s.note(264, 224, "1.66 V")
    s.wire((365, 120), (396, 120))
    s.resistor(420, 120, "1 kΩ")
    s.wire((444, 120), (546, 120))
    s.dot((474, 120))
    s.contact(570, 120, "CP relay", breaks=True)
    s.wire((594, 120), (846, 120))
    s.end(850, 120, "CP")
    s.dot((690, 120))
    s.wire((690, 120), (690, 134))
    s.clamp(690, 158, "15 V stand-off", upright=True)
    s.ground(690, 182)
    s.wire((474, 120), (474, 186))
    s.resistor(474, 210, "200 kΩ", upright=True)
    s.wire((474, 234), (474, 296), (806, 296))
    s.end(810, 296, "pilot_adc")
    s.resistor(570, 262, "44.2 kΩ", upright=True)
    s.wire((570, 286), (570, 310))
    s.resistor(570, 330, "33.2 kΩ", upright=True)
    s.supply(570, 238, "3.3 V")
    s.ground(570, 354)
    s.wire((660, 296), (660, 310))
    s.capacitor(660, 330, "100 pF", upright=True)
    s.ground(660, 354)
    s.diode(748, 262, upright=True)
    s.supply(748, 238, "3.3 V")
    s.wire((748, 286), (748, 310))
    s.diode(748, 330, "low", "leakage", upright=True)
    s.ground(748, 354)
    s.dot((570, 296), (660, 296), (748, 296))
    return s


def analogue() -> Sheet:
    """Draw the three slow analogue inputs."""
    s = Sheet(
        940,
        290,
        "Analogue inputs",
        "Proximity: 1 kΩ from 3.3 V to the contact PP, the cable's resistor to ground, and 1 kΩ from the contact to the pin. Temperature: 13 kΩ from 3.3 V and 39 kΩ to "
        "ground, the NTC of 10 kΩ across the latter. Current: a transformer of 2000 to 1 with a burden of 20 Ω, one end on a bias of 1.32 V made by 15 kΩ, 10 kΩ and 10 µF.",
    )
    s.zone(14, 14, 300, 262, "proximity")
    s.supply(150, 92, "3.3 V")
    s.resistor(150, 116, "1 kΩ, 1 %", upright=True)
    s.wire((150, 140), (150, 158))
    s.dot((150, 158))
    s.wire((190, 158), (60, 158), (60, 176))
    s.note(66, 150, "PP")
    s.resistor(60, 200, "in the cable:", "100 Ω to 1.5 kΩ", upright=True)
    s.ground(60, 224)
    s.resistor(214, 158, "1 kΩ")
    s.wire((238, 158), (258, 158))
    s.end(262, 158)
    s.text(302, 184, "proximity_adc", anchor="end")
    s.zone(328, 14, 286, 262, "temperature")
    s.supply(390, 92, "3.3 V")
    s.resistor(390, 116, "13 kΩ, 1 %", upright=True)
    s.wire((390, 140), (390, 176))
    s.dot((390, 158), (490, 158))
    s.resistor(390, 200, "39 kΩ", upright=True)
    s.ground(390, 224)
    s.wire((390, 158), (560, 158))
    s.wire((490, 158), (490, 176))
    s.resistor(490, 200, "NTC 10 kΩ", "β 3950", upright=True)
    s.ground(490, 224)
    s.end(564, 158)
    s.text(602, 144, "temperature_adc", anchor="end")
    s.zone(628, 14, 298, 262, "current, one of three phases")
    s.supply(700, 92, "3.3 V")
    s.resistor(700, 116, "15 kΩ", upright=True)
    s.wire((700, 140), (700, 176))
    s.dot((700, 158))
    s.resistor(700, 200, "10 kΩ", upright=True)
    s.ground(700, 224)
    s.wire((700, 158), (652, 158), (652, 176))
    s.capacitor(652, 200, upright=True)
    s.ground(652, 224)
    s.note(652, 262, "10 µF", anchor="middle")
    s.wire((700, 158), (796, 158))
    s.resistor(820, 158, "20 Ω, 1 %")
    s.wire((844, 158), (884, 158))
    s.end(888, 158)
    s.text(916, 120, "current_l1_adc", anchor="end")
    s.box(766, 200, 112, 48, "transformer", "2000 : 1")
    s.wire((784, 158), (784, 200))
    s.wire((856, 158), (856, 200))
    s.dot((784, 158), (856, 158))
    return s


def contactor() -> Sheet:
    """Draw the contactor's driver, what cuts its supply, and its feedback."""
    s = Sheet(
        940,
        400,
        "Contactor driver and feedback",
        "24 V go through the emergency stop's second contact, the residual-current monitor's contact and the enable switch to the contactor's coil of 24 V, and from there "
        "through a MOSFET to ground. Its gate hangs on the pin contactor by 100 Ω, with a pull-down of 10 kΩ. A clamp of 36 V lies across the coil. Below: 24 V go through "
        "the contactor's mirror contact and 4.7 kΩ to an optocoupler, whose transistor pulls the pin contactor_feedback down.",
    )
    s.end(872, 70, "24 V")
    s.wire((868, 70), (804, 70))
    s.contact(780, 70, "emergency stop,", "second contact", breaks=True)
    s.wire((756, 70), (694, 70))
    s.contact(670, 70, "RCM", breaks=True)
    s.wire((646, 70), (590, 70))
    s.box(494, 46, 96, 48, "enable", "charge pump")
    s.wire((494, 70), (330, 70), (330, 90))
    s.box(276, 90, 108, 50, "contactor", "coil 24 V DC", kind="hot")
    s.dot((420, 70))
    s.wire((420, 70), (420, 92))
    s.clamp(420, 116, "36 V", upright=True)
    s.wire((420, 140), (420, 158), (330, 158))
    s.dot((330, 158))
    s.wire((330, 140), (330, 190))
    s.switch(330, 214)
    s.wire((330, 238), (330, 246))
    s.ground(330, 246)
    s.note(350, 210, "logic-level MOSFET,", "100 V")
    s.end(110, 214, "contactor", left=True)
    s.wire((114, 214), (146, 214))
    s.resistor(170, 214, "100 Ω")
    s.wire((194, 214), (304, 214))
    s.dot((240, 214))
    s.wire((240, 214), (240, 226))
    s.resistor(240, 250, upright=True)
    s.text(226, 254, "10 kΩ", anchor="end")
    s.ground(240, 274)
    s.wire((542, 94), (542, 156))
    s.end(542, 160, "enable: an edge each millisecond,", "or no current for the coil")
    s.end(90, 340, "24 V", left=True)
    s.wire((94, 340), (146, 340))
    s.contact(170, 340, "mirror contact", breaks=True)
    s.wire((194, 340), (246, 340))
    s.resistor(270, 340, "4.7 kΩ")
    s.wire((294, 340), (340, 340))
    s.box(340, 310, 110, 60, "optocoupler")
    s.wire((366, 370), (366, 374))
    s.ground(366, 374)
    s.wire((424, 370), (424, 374))
    s.ground(424, 374)
    s.wire((450, 340), (556, 340))
    s.end(560, 340, "contactor_feedback, pulled up")
    s.note(570, 362, "contactor open: low; closed, welded,", "or a wire broken: high")
    return s


def contacts() -> Sheet:
    """Draw the digital inputs, the lamps and the lock."""
    s = Sheet(
        940,
        470,
        "Contacts, lamps, lock",
        "A contact that closes to ground, with 4.7 kΩ to 3.3 V and 1 kΩ to the pin. The open collector of an S0 output, in the same way. A detector of the protective earth, "
        "isolated, that pulls the pin up to 3.3 V against 10 kΩ to ground. A lamp: 1 kΩ and an LED to ground. A lock: two pins with pull-downs at an H bridge, the motor behind it.",
    )
    for left, name in ((14, "RCM output, emergency stop, lock's contact"), (324, "S0 output of a meter")):
        s.zone(left, 14, 296, 200, name)
        s.supply(left + 110, 82, "3.3 V")
        s.resistor(left + 110, 106, "4.7 kΩ", upright=True)
        s.wire((left + 110, 130), (left + 110, 152))
        s.dot((left + 110, 140))
        s.wire((left + 110, 140), (left + 166, 140))
        s.resistor(left + 190, 140, "1 kΩ")
        s.wire((left + 214, 140), (left + 232, 140))
        s.end(left + 236, 140, "pin")
    s.contact(124, 166, upright=True, breaks=True)
    s.ground(124, 190)
    s.note(150, 182, "closed: low")
    s.box(394, 152, 80, 32, "S0+   S0−")
    s.wire((434, 184), (434, 188))
    s.ground(434, 188)
    s.note(490, 182, "pulse: low")
    s.zone(634, 14, 292, 200, "protective earth")
    s.box(654, 84, 120, 64, "PE detector", "isolated")
    s.wire((714, 84), (714, 76))
    s.supply(714, 76, "3.3 V")
    s.wire((774, 116), (856, 116))
    s.end(860, 116, "pin")
    s.dot((816, 116))
    s.wire((816, 116), (816, 132))
    s.resistor(816, 156, "10 kΩ", upright=True)
    s.ground(816, 180)
    s.note(654, 178, "earth there: high,", "or pulses")
    s.zone(14, 228, 296, 226, "a lamp")
    s.end(70, 340, "pin", left=True)
    s.wire((74, 340), (106, 340))
    s.resistor(130, 340, "1 kΩ")
    s.wire((154, 340), (186, 340))
    s.diode(210, 340, light=True)
    s.wire((234, 340), (266, 340), (266, 352))
    s.ground(266, 352)
    s.zone(324, 228, 602, 226, "the lock of a socket")
    s.end(420, 300, "lock_a", left=True)
    s.end(420, 350, "lock_b", left=True)
    s.wire((424, 300), (600, 300))
    s.wire((424, 350), (600, 350))
    for x, y in ((470, 300), (540, 350)):
        s.dot((x, y))
        s.wire((x, y), (x, 370))
        s.resistor(x, 394, "10 kΩ", upright=True)
        s.ground(x, 418)
    s.box(600, 280, 110, 90, "H bridge", "12 V")
    s.wire((710, 300), (770, 300))
    s.wire((710, 350), (770, 350))
    s.box(770, 280, 100, 90, "motor", "of the lock")
    s.note(640, 400, "lock_a: towards locked, lock_b: towards", "unlocked, each only for its pulse")
    return s


def bench() -> Sheet:
    """Draw the bare bench: a jumper, a lamp, and a vehicle made of two resistors."""
    s = Sheet(
        760,
        310,
        "The bare bench",
        "GPIO 25 of the DevKitC goes through 10 kΩ to GPIO 34. From there two switches, each with 47 kΩ, lead to ground: the first is a vehicle that is plugged in, "
        "both together one that asks for energy. GPIO 26 lights an LED through 1 kΩ, in place of a contactor.",
    )
    s.box(30, 40, 190, 230, "ESP32 DevKitC", "on USB, nothing else", kind="chip")
    for y, pin in ((80, "25"), (130, "34"), (230, "26")):
        s.text(212, y + 5, pin, anchor="end")
    s.wire((220, 80), (276, 80))
    s.resistor(300, 80, "10 kΩ")
    s.wire((324, 80), (370, 80), (370, 130))
    s.wire((220, 130), (600, 130), (600, 136))
    s.dot((370, 130), (460, 130))
    s.wire((460, 130), (460, 136))
    for x, what in ((460, "plugged in"), (600, "wants energy")):
        s.contact(x, 160, what, upright=True)
        s.resistor(x, 208, "47 kΩ", upright=True)
        s.ground(x, 232)
    s.wire((220, 230), (246, 230))
    s.resistor(270, 230, "1 kΩ")
    s.wire((294, 230), (306, 230))
    s.diode(330, 230, light=True)
    s.wire((354, 230), (380, 230), (380, 240))
    s.ground(380, 240)
    s.note(330, 288, "stands for the contactor", anchor="middle")
    return s


DRAWINGS: Mapping[str, Drawing] = {
    "overview": overview,
    "pilot": pilot,
    "analogue": analogue,
    "contactor": contactor,
    "contacts": contacts,
    "bench": bench,
}
