#!/bin/bash
# Builds a local repository that fakes every case of apt's status set inside a root file system made by debootstrap, and
# prints there what APT says, into OUT. With AGENT, a binary that prints an envelope for `collect apt`, its answer is kept
# beside it. Needs root, dpkg-deb and apt-utils.
#
#   record-apt.sh ROOT OUT [AGENT]
set -euo pipefail
root=$1 out=$2 agent=${3:-}
repo=$root/srv/repo
rm -rf "$repo" "$out"
mkdir -p "$repo" "$out"

# deb DIRECTORY NAME VERSION [ARCHITECTURE [FIELD…]]
deb() {
    local directory=$repo/$1 name=$2 version=$3 architecture=${4:-amd64}
    shift 4 2>/dev/null || shift 3
    local work
    work=$(mktemp -d)
    mkdir -p "$work/DEBIAN" "$directory"
    {
        echo "Package: $name"
        echo "Version: $version"
        echo "Architecture: $architecture"
        echo "Maintainer: Vigie tests <tests@example.org>"
        echo "Section: misc"
        echo "Priority: optional"
        echo "Description: case of the test repository"
        for field in "$@"; do echo "$field"; done
    } >"$work/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$work" "$directory/${name}_${version//:/%3a}_$architecture.deb" >/dev/null
    rm -rf "$work"
}

# What is installed.
for name in plain held new full victim kept phased0 phased10 phased100 pinned backport auto unfetched; do deb old vt-$name 1.0; done
deb old vt-all 1.0 all
deb old vt-down 2.0
deb old vt-epoch 1:1.0
deb old vt-tilde 1.0~rc1
deb old vt-security 1.0
deb old vt-overtaken 1.0
deb old vt-obsolete 1.0
deb old vt-heldphased 1.0
deb old vt-pinnedaway 1.0
for architecture in amd64 i386; do deb old vt-multi 1.0 $architecture "Multi-Arch: same"; done

# What the repositories have.
deb stable vt-plain 2.0
deb stable vt-held 2.0
deb stable vt-new 2.0 amd64 "Depends: vt-newdep"
deb stable vt-newdep 1.0 all
deb stable vt-full 2.0 amd64 "Conflicts: vt-victim"
deb stable vt-victim 1.0
deb stable vt-kept 2.0 amd64 "Depends: vt-nowhere"
deb stable vt-phased0 2.0 amd64
deb stable vt-phased10 2.0 amd64
deb stable vt-phased100 2.0 amd64
deb stable vt-heldphased 2.0 amd64
deb stable vt-pinned 2.0
deb stable vt-backport 1.0
deb stable vt-auto 1.0
deb stable vt-all 2.0 all
deb stable vt-down 1.0
deb stable vt-epoch 1:1.1
deb stable vt-tilde 1.0
deb stable vt-security 1.0
deb stable vt-overtaken 1.2
for architecture in amd64 i386; do deb stable vt-multi 2.0 $architecture "Multi-Arch: same"; done
deb security vt-security 1.1
deb security vt-overtaken 1.1
deb backports vt-backport 2.0~bpo1
deb third vt-pinnedaway 2.0

# index SUITE ORIGIN LABEL RELEASE [FIELD…]
index() {
    local suite=$1 origin=$2 label=$3 release=$4
    shift 4
    for architecture in amd64 i386; do
        local directory=$repo/dists/$suite/main/binary-$architecture
        mkdir -p "$directory"
        (cd "$repo" && dpkg-scanpackages -m -a $architecture "$suite" 2>/dev/null) |
            awk '/^Package: vt-phased[0-9]*$/ { sub(/^Package: vt-phased/, ""); p = $0 }
                 /^Package: vt-heldphased$/ { p = 10 }
                 /^Description:/ && p != "" { print "Phased-Update-Percentage: " p; p = "" } { print (/^[0-9]+$/ ? "Package: vt-phased" $0 : $0) }' \
            >"$directory/Packages"
    done
    {
        echo "Origin: $origin"
        echo "Label: $label"
        echo "Suite: $release"
        echo "Codename: $suite"
        for field in "$@"; do echo "$field"; done
        (cd "$repo/dists/$suite" && apt-ftparchive release .)
    } >"$repo/Release.new"
    mv "$repo/Release.new" "$repo/dists/$suite/Release"
}
index stable Debian Debian stable
index security Debian Debian-Security stable-security
index backports "Debian Backports" "Debian Backports" stable-backports "NotAutomatic: yes" "ButAutomaticUpgrades: yes"
index third Third "Third, Inc." third

cat >"$root/etc/apt/sources.list.d/vt.list" <<LIST
deb [trusted=yes] file:/srv/repo stable main
deb [trusted=yes] file:/srv/repo security main
deb [trusted=yes] file:/srv/repo backports main
deb [trusted=yes] file:/srv/repo third main
LIST
cat >"$root/etc/apt/preferences.d/vt" <<PINS
Package: vt-pinned
Pin: version 1.0
Pin-Priority: 990

Package: vt-down
Pin: version 1.0
Pin-Priority: 1001

Package: *
Pin: release o=Third
Pin-Priority: 50
PINS

inside() { chroot "$root" env LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
unshare -m --propagation private bash -euo pipefail -c '
    root=$1 out=$2 agent=$3
    mount -t proc proc "$root/proc"
    cp /etc/resolv.conf "$root/etc/"
    # APT ignores phasing where it believes to be in a chroot; its choice depends on the machine id.
    mount --bind /bin/false "$root/usr/bin/ischroot"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
    inside() { chroot "$root" env LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
    inside dpkg --add-architecture i386
    inside apt-get -q update >"$out/update.log" 2>&1
    inside dpkg -i $(cd "$root" && ls srv/repo/old/*.deb | sed "s,^,/,") >/dev/null
    inside apt-mark hold vt-held vt-heldphased >/dev/null
    inside apt-mark auto vt-auto >/dev/null
    # The rest of the system is up to date, and would only fill the recording.
    kept="^(vt-.*|apt|dpkg|base-files|bash|libc6)$|^vt-.*:i386$"
    no="-q -o Debug::NoLocking=1"
    inside apt-get -s $no upgrade >"$out/upgrade.txt"
    inside apt-get -s $no upgrade --with-new-pkgs >"$out/upgrade-with-new.txt"
    inside apt-get -s $no full-upgrade >"$out/full-upgrade.txt"
    inside apt-get -s $no autoremove >"$out/autoremove.txt"
    inside apt-cache $no policy >"$out/files.txt"
    names=$(inside dpkg-query -W -f "\${binary:Package}\n" | sed "s/:amd64$//" | grep -E "$kept")
    inside apt-cache $no policy -- $names vt-newdep >"$out/policy.txt"
    inside apt-cache $no show --no-all-versions -- vt-plain=2.0 vt-multi:i386=2.0 vt-newdep=1.0 >"$out/show.txt"
    inside apt list --upgradable >"$out/list-upgradable.txt" 2>/dev/null
    inside apt list "~o" >"$out/list-obsolete.txt" 2>/dev/null
    awk -v kept="$kept" "BEGIN { RS = \"\"; ORS = \"\n\n\" } \$2 ~ kept" "$root/var/lib/dpkg/status" >"$out/status"
    cp "$root/var/lib/apt/extended_states" "$out/"
    cp "$root/var/lib/dpkg/arch" "$out/"
    cp "$root/var/log/apt/history.log" "$out/" 2>/dev/null || true
    if [ -n "$agent" ]; then
        cp "$agent" "$root/tmp/vigie-agent"
        inside /tmp/vigie-agent collect apt >"$out/agent.json"
        rm "$root/tmp/vigie-agent"
    fi
' _ "$root" "$out" "$agent"
rm -f "$out/update.log"
inside apt-get --version | head -1 >"$out/version.txt"
