#!/bin/sh
# Make .venv ready: tools/setup.sh EXTRA [EXTRA ...], extras of pyproject.toml (app, test, bench, bundle,
# peers).
# Does nothing, at once, when that has been done for this pyproject.toml and constraints.txt.
# PYTHON=/path/to/python3.12 chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
extras=$(printf '%s,' "$@" | sed 's/,$//')
stamp="$venv/.stereosim-$(printf '%s' "$extras" | tr ',' '-')"
state=$(cat pyproject.toml constraints.txt tools/setup.sh | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ] && [ -x "$venv/bin/stereosim" ]; then
    exit 0
fi

say() { printf '%s\n' "$*" >&2; }

# --- as root, or with sudo that asks for no password ----------------------------------------------
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then sudo=
    elif sudo -n true 2>/dev/null; then sudo=sudo
    else return 1
    fi
    say "Installing Debian packages: $*"
    apt="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=1"
    apt="$apt -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120"
    # Fresh containers hold no package lists.
    $apt update >/dev/null && $apt install -y --no-install-recommends "$@" >/dev/null
}

# --- Python ---------------------------------------------------------------------------------------
find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return 0
        fi
    done
    return 1
}

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || { apt_install python3 python3-venv && python=$(find_python); } || {
        say "stereosim needs Python 3.11 or newer, and found none."
        say "Debian 12 or newer:  sudo apt-get install python3 python3-venv"
        exit 1
    }
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        apt_install python3-venv || {
            say "$python lacks the modules venv and ensurepip."
            say "Debian:  sudo apt-get install python3-venv"
            exit 1
        }
    fi
    say "Creating $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi

# --- requirements ---------------------------------------------------------------------------------
say "Installing stereosim with [$extras] and pinned requirements (a minute or two the first time)"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
pip install -c constraints.txt hatchling editables
# The build back end is in the environment, so that its version is pinned too.
pip install -c constraints.txt --no-build-isolation -e ".[$extras]"

# --- libraries of the system (Linux only) ---------------------------------------------------------
# Prints the packages, of lines "library package", whose library the system lacks.
missing_packages() {
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || return 0
    while read -r library package; do
        case "$known" in
            *"$library"*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

# What Qt needs: the app, not the rest, depends on it.
if [ "$(uname -s)" = Linux ]; then
    packages=$(missing_packages <<LIST
libGL.so.1 libgl1
libEGL.so.1 libegl1
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
LIST
    )
    # shellcheck disable=SC2086  # a list of words
    if [ -n "$packages" ] && ! apt_install $packages; then
        say "Everything but the app's window is ready. For the window, Qt needs libraries of the system:"
        say "    sudo apt-get install $packages"
    fi
fi

case ",$extras," in
    *,test,*)
        # The app is tested on a virtual X screen too, where there is one.
        if [ "$(uname -s)" = Linux ] \
            && ! { command -v xvfb-run && command -v xauth; } >/dev/null 2>&1 \
            && ! apt_install xvfb xauth; then
            say "One test is skipped without a virtual X screen:  sudo apt-get install xvfb xauth"
        fi
        ;;
esac

case ",$extras," in
    *,peers,*)
        # gVirtualXray draws by software OpenGL and links what a desktop has.
        packages=
        if [ "$(uname -s)" = Linux ]; then
            packages=$(missing_packages <<LIST
libX11.so.6 libx11-6
libXext.so.6 libxext6
libXrender.so.1 libxrender1
libSM.so.6 libsm6
libICE.so.6 libice6
libexpat.so.1 libexpat1
libGL.so.1 libgl1
libOpenGL.so.0 libopengl0
libGLX_mesa.so.0 libglx-mesa0
libEGL_mesa.so.0 libegl-mesa0
libxcb-composite.so.0 libxcb-composite0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-dri2.so.0 libxcb-dri2-0
libxcb-dri3.so.0 libxcb-dri3-0
libxcb-ewmh.so.2 libxcb-ewmh2
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-present.so.0 libxcb-present0
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-res.so.0 libxcb-res0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xinerama.so.0 libxcb-xinerama0
libxcb-xkb.so.1 libxcb-xkb1
LIST
            )
        fi
        # shellcheck disable=SC2086  # a list of words
        if [ -n "$packages" ] && ! apt_install $packages; then
            say "The comparison with gVirtualXray needs libraries of the system:"
            say "    sudo apt-get install $packages"
            exit 1
        fi
        ;;
esac

case ",$extras," in
    *,bundle,*)
        # PyInstaller asks it which libraries a library needs.
        if [ "$(uname -s)" = Linux ] && ! command -v objdump >/dev/null 2>&1 \
            && ! apt_install binutils; then
            say "The bundle needs objdump:  sudo apt-get install binutils"
            exit 1
        fi
        ;;
esac

printf '%s\n' "$state" > "$stamp"
