extension TableDescriptions {
    static let hardware = [
        DocumentedTable(
            "machine_os", .derived, "operating system and kind of each machine",
            [
                "machine_id": machineID, "hostname": "host name in its newest hardware snapshot",
                "os_family": "debian for Debian and what derives from it", "os_id": "ID of os-release",
                "os_name": "NAME of os-release", "os_version": "version, as 12.12", "os_codename": "as bookworm",
                "kernel": "release of the running kernel", "architecture": "as x86_64",
                "machine_kind": "physical, vm, proxmox_host, lxc, container, raspberry_pi, unknown",
                "virtualization": "in the words of systemd-detect-virt", "hardware_profile": "vendor and product",
                "time_zone": "as Europe/Paris",
            ]),
        DocumentedTable(
            "machine_hardware", .derived, "what each machine is made of",
            [
                "machine_id": machineID, "vendor": "who made it", "product": "what it is",
                "product_version": "its version", "serial": "serial number or service tag",
                "chassis": "SMBIOS chassis type in words", "board_vendor": "who made the board",
                "board_name": "name of the board", "firmware_vendor": "who made the firmware",
                "firmware_version": "its version", "firmware_date": "its date, as it writes it",
                "uefi": "1 where it booted by UEFI", "secure_boot": "1 where Secure Boot is on",
                "tpm_version": "major version of the TPM", "cpu_model": "model of the CPU",
                "cpu_vendor": "vendor of the CPU", "cpu_sockets": "sockets", "cpu_cores": "physical cores in all",
                "cpu_threads": "logical CPUs", "cpu_threads_per_core": "threads of each core",
                "cpu_mhz_min": "lowest frequency, MHz", "cpu_mhz_max": "highest frequency, MHz",
                "cpu_microcode": "revision of the microcode",
                "cpu_vulnerabilities_json": "what the kernel says of each vulnerability",
                "memory_total_bytes": "memory that the kernel can use", "dimms_json": "filled memory slots",
                "raid_arrays_json": "software RAID arrays", "volume_groups_json": "LVM volume groups",
                "zfs_pools_json": "ZFS pools", "gpus_json": "graphics devices",
                "default_routes_json": "default routes", "power_supplies_json": "batteries and power supplies",
                "bmc_present": "1 where there is a management controller", "bmc_address": "its address",
                "bmc_firmware": "its firmware",
            ]),
        DocumentedTable(
            "machine_disks", .derived, "whole disks",
            [
                "machine_id": machineID, "name": "the kernel's name, as sda", "model": "model",
                "serial": "serial number", "wwn": "world wide name", "size_bytes": "size",
                "rotational": "1 for a spinning disk", "transport": "nvme, sata, sas, usb, virtio, …",
                "removable": "1 for a removable one", "firmware": "revision of its firmware",
                "partitions_json": "partitions with sizes and mount points",
                "mount_points_json": "where the whole disk is mounted", "smart_passed": "1 where SMART says well",
                "smart_power_on_hours": "hours in use", "smart_reallocated_sectors": "sectors replaced",
                "smart_percentage_used": "share of its life that is used",
                "smart_critical_warning": "NVMe warning bits; 0 is well",
            ]),
        DocumentedTable(
            "machine_interfaces", .derived, "network interfaces",
            [
                "machine_id": machineID, "name": "the kernel's name, as eth0",
                "kind": "ethernet, wifi, bridge, bond, …", "mac": "hardware address", "driver": "kernel driver",
                "speed_mbps": "speed, Mbit/s", "duplex": "full or half", "mtu": "largest packet, bytes",
                "state": "up, down, unknown",
            ]),
        DocumentedTable(
            "machine_addresses", .derived, "IP addresses",
            [
                "machine_id": machineID, "interface": "name of the interface", "address": "the address",
                "prefix_length": "bits of the network part", "family": "ipv4 or ipv6",
                "scope": "global, link, host, site",
            ]),
        DocumentedTable(
            "machine_pci_devices", .derived, "PCI devices",
            [
                "machine_id": machineID, "address": "as 0000:00:1f.3", "class_id": "class, hexadecimal",
                "class_name": "class in words", "vendor_id": "vendor, hexadecimal", "vendor_name": "vendor in words",
                "device_id": "device, hexadecimal", "device_name": "device in words", "driver": "kernel driver",
            ]),
        DocumentedTable(
            "machine_host_keys", .derived, "SSH host keys",
            [
                "machine_id": machineID, "type": "as ssh-ed25519", "fingerprint": "as OpenSSH prints it",
                "public_key": "the key, base64",
            ]),
        DocumentedTable(
            "machine_neighbors", .derived, "other hosts that a machine sees; opt-in",
            [
                "machine_id": machineID, "interface": "interface that sees it", "address": "its IP address",
                "mac": "its hardware address",
            ]),
    ]
}
