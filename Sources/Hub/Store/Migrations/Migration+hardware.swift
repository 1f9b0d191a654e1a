extension Migrations {
    static let derivedHardware = """
        CREATE TABLE machine_os (
          \(oneOfMachine),
          hostname {TEXT} NOT NULL,
          os_family {TEXT},
          os_id {TEXT},
          os_name {TEXT},
          os_version {TEXT},
          os_codename {TEXT},
          kernel {TEXT},
          architecture {TEXT},
          machine_kind {TEXT},
          virtualization {TEXT},
          hardware_profile {TEXT},
          time_zone {TEXT}
        );
        CREATE TABLE machine_hardware (
          \(oneOfMachine),
          vendor {TEXT},
          product {TEXT},
          product_version {TEXT},
          serial {TEXT},
          chassis {TEXT},
          board_vendor {TEXT},
          board_name {TEXT},
          firmware_vendor {TEXT},
          firmware_version {TEXT},
          firmware_date {TEXT},
          uefi BIGINT,
          secure_boot BIGINT,
          tpm_version {TEXT},
          cpu_model {TEXT},
          cpu_vendor {TEXT},
          cpu_sockets BIGINT,
          cpu_cores BIGINT,
          cpu_threads BIGINT,
          cpu_threads_per_core BIGINT,
          cpu_mhz_min DOUBLE PRECISION,
          cpu_mhz_max DOUBLE PRECISION,
          cpu_microcode {TEXT},
          cpu_vulnerabilities_json {TEXT},
          memory_total_bytes BIGINT,
          dimms_json {TEXT},
          raid_arrays_json {TEXT},
          volume_groups_json {TEXT},
          zfs_pools_json {TEXT},
          gpus_json {TEXT},
          default_routes_json {TEXT},
          power_supplies_json {TEXT},
          bmc_present BIGINT,
          bmc_address {TEXT},
          bmc_firmware {TEXT}
        );
        CREATE TABLE machine_disks (
          \(ofMachine),
          name {TEXT} NOT NULL,
          model {TEXT},
          serial {TEXT},
          wwn {TEXT},
          size_bytes BIGINT NOT NULL,
          rotational BIGINT,
          transport {TEXT},
          removable BIGINT,
          firmware {TEXT},
          partitions_json {TEXT},
          mount_points_json {TEXT},
          smart_passed BIGINT,
          smart_power_on_hours BIGINT,
          smart_reallocated_sectors BIGINT,
          smart_percentage_used BIGINT,
          smart_critical_warning BIGINT,
          PRIMARY KEY (machine_id, name)
        );
        CREATE INDEX machine_disks_serial ON machine_disks (serial);
        CREATE TABLE machine_interfaces (
          \(ofMachine),
          name {TEXT} NOT NULL,
          kind {TEXT} NOT NULL,
          mac {TEXT},
          driver {TEXT},
          speed_mbps BIGINT,
          duplex {TEXT},
          mtu BIGINT,
          state {TEXT},
          PRIMARY KEY (machine_id, name)
        );
        CREATE INDEX machine_interfaces_mac ON machine_interfaces (mac);
        CREATE TABLE machine_addresses (
          \(ofMachine),
          interface {TEXT} NOT NULL,
          address {TEXT} NOT NULL,
          prefix_length BIGINT NOT NULL,
          family {TEXT} NOT NULL,
          scope {TEXT},
          PRIMARY KEY (machine_id, interface, address, prefix_length)
        ) {KEYED};
        CREATE INDEX machine_addresses_address ON machine_addresses (address);
        CREATE TABLE machine_pci_devices (
          \(ofMachine),
          address {TEXT} NOT NULL,
          class_id {TEXT} NOT NULL,
          class_name {TEXT},
          vendor_id {TEXT} NOT NULL,
          vendor_name {TEXT},
          device_id {TEXT} NOT NULL,
          device_name {TEXT},
          driver {TEXT},
          PRIMARY KEY (machine_id, address)
        );
        CREATE INDEX machine_pci_devices_ids ON machine_pci_devices (vendor_id, device_id);
        CREATE TABLE machine_host_keys (
          \(ofMachine),
          type {TEXT} NOT NULL,
          fingerprint {TEXT} NOT NULL,
          public_key {TEXT} NOT NULL,
          PRIMARY KEY (machine_id, type, fingerprint)
        );
        CREATE INDEX machine_host_keys_fingerprint ON machine_host_keys (fingerprint);
        CREATE TABLE machine_neighbors (
          \(ofMachine),
          interface {TEXT} NOT NULL,
          address {TEXT} NOT NULL,
          mac {TEXT} NOT NULL,
          PRIMARY KEY (machine_id, interface, address)
        ) {KEYED};
        CREATE INDEX machine_neighbors_mac ON machine_neighbors (mac);

        """
}
