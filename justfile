# Every routine of this project. `just` lists them; each works on a fresh clone.

export PATH := justfile_directory() / ".venv/bin" + ":" + env("PATH")

[private]
default:
    @just --list --unsorted

# Prepare .venv and hooks
setup:
    scripts/setup
    pre-commit install

# Lint, types, import rules, generated files
check: _ready
    scripts/test format lint types imports generated

# Every check and every test of Python and C (the same as scripts/test and CI)
test *steps:
    scripts/test {{ steps }}

# The firmware core's C tests on this machine, under ASan and UBSan
fw-test:
    scripts/test c

# The core on bare metal rv32 in QEMU: stack, instructions, fault timing, then sessions and every fault with the real host
fw-rv32: _ready
    scripts/fw-rv32

# Build the firmware of a chip with ESP-IDF (its export.sh sourced) and make its image; `just fw-build esp32c3`
fw-build target="esp32":
    idf.py -C coprocessor_fw -B "$PWD/build/{{ target }}" -D SDKCONFIG="$PWD/build/{{ target }}/sdkconfig" set-target {{ target }} build
    scripts/fw-image build/{{ target }} build/firmware-{{ target }}

# Prove the safety core: contracts and absence of run-time errors by Frama-C, the safety property by CBMC; `just prove wp cp_power.c`
prove *args:
    scripts/prove {{ args }}

# Make the safety core wrong in one small place at a time and see that a test notices; `just mutants cp_power.c`, `just mutants host link/event_order.py`
mutants *args:
    scripts/mutants {{ args }}

# Visit every state of one EVSE in the core itself, with shrunk timers; `just explore --quick`, `just explore lease heat`
explore *args:
    scripts/explore {{ args }}

# Seed known bugs into a copy of the core and see that every tool catches its own; `just seeded --quick` without the provers
seeded *args:
    scripts/seeded {{ args }}

# Replay the corpus of the link decoder's fuzzer, then send OCPP frames made from the schemas; `just fuzz 2000`
fuzz frames="100000":
    scripts/fuzz {{ frames }}

# Let the controller die at commits and by SIGKILL, with power cuts between: `just soak --crashes 500 --kills 200 --seed 7`; or walk the
# firmware core at random: `just soak core --ticks 1000000000 --seed 7`
soak *args:
    scripts/soak {{ args }}

# Measure against the goals and print the table; `just bench --only G7`, `--quick`
bench *args: _ready
    PYTHONPATH=scripts:controller python -m bench {{ args }}

# Regenerate code, vectors and tables from protocol/*.toml, the page of all variables, and the safety case
gen: _ready
    python protocol/generate.py
    python scripts/device-model
    scripts/safety-case

# Run the conformance tests and write their table, docs/conformance-1.6.md
conformance: _ready
    python scripts/conformance

# Format everything
fmt: _ready
    ruff format .
    ruff check --fix .

# Build the documentation into build/site
docs: _ready
    scripts/test docs

# A simulated charge point with a prompt; arguments as for `cpctl sim`
sim *args: _ready
    cpctl sim {{ args }}

# One charging session, shown live
demo:
    scripts/demo

[private]
_ready:
    @scripts/setup
