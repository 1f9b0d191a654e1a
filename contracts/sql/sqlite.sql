-- Written by the tests (UPDATE_GOLDEN=1); the tables of the hub as its migrations make them.

-- version 1: core
CREATE TABLE machines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_uuid TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT,
  next_due_at BIGINT,
  agent_version TEXT,
  hostname TEXT,
  machine_id_hint TEXT,
  product_uuid_hint TEXT,
  boot_id TEXT,
  highest_sequence BIGINT NOT NULL DEFAULT 0,
  clock_skew_ms BIGINT,
  remote_address TEXT,
  spool_files BIGINT,
  spool_bytes BIGINT,
  spool_dropped_total BIGINT,
  clone_suspected_at BIGINT,
  requested_kinds TEXT NOT NULL DEFAULT ''
);

CREATE INDEX machines_hints ON machines (machine_id_hint);

CREATE TABLE machine_settings (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  retired_at BIGINT,
  notes TEXT
);

CREATE TABLE machine_tags (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (machine_id, tag)
);

CREATE INDEX machine_tags_tag ON machine_tags (tag, machine_id);

CREATE TABLE machine_credentials (
  token_hash TEXT PRIMARY KEY,
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_reason TEXT
);

CREATE INDEX machine_credentials_machine ON machine_credentials (machine_id);

CREATE TABLE enrollment_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  uses_left BIGINT NOT NULL CHECK (uses_left >= 0),
  uses_total BIGINT NOT NULL,
  tags TEXT NOT NULL DEFAULT '',
  for_machine_id BIGINT REFERENCES machines (id) ON DELETE CASCADE,
  revoked_at BIGINT,
  last_used_at BIGINT
);

CREATE TABLE api_clients (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  token_hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL CHECK (scope IN ('read', 'operate', 'admin')),
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  last_seen_at BIGINT
);

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT,
  detail TEXT
);

CREATE INDEX audit_log_at ON audit_log (at);

CREATE TABLE app_settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  snapshot_uuid TEXT NOT NULL,
  kind TEXT NOT NULL,
  schema_version BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  collected_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  collection_status TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('derived', 'unchanged', 'stale', 'held', 'failed')),
  payload_digest TEXT,
  same_as TEXT,
  body_digest TEXT NOT NULL,
  inflated_bytes BIGINT NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (machine_id, snapshot_uuid)
);

CREATE INDEX snapshots_order ON snapshots (machine_id, kind, effective_at, sequence);

CREATE INDEX snapshots_received ON snapshots (received_at);

CREATE INDEX snapshots_held ON snapshots (machine_id) WHERE result = 'held';

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id BIGINT REFERENCES machines (id) ON DELETE CASCADE,
  received_at BIGINT NOT NULL,
  status BIGINT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  body_bytes BIGINT NOT NULL,
  body BLOB NOT NULL
);

CREATE INDEX quarantine_received ON quarantine (received_at);

-- version 2: derived
CREATE TABLE machine_kinds (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  snapshot_uuid TEXT,
  archive_id BIGINT,
  schema_version BIGINT,
  effective_at BIGINT,
  sequence BIGINT,
  collected_at BIGINT,
  received_at BIGINT,
  payload_uuid TEXT,
  payload_digest TEXT,
  unchanged_since_at BIGINT,
  has_unknown BIGINT NOT NULL DEFAULT 0,
  unknown_json TEXT,
  attempted_at BIGINT NOT NULL,
  attempted_sequence BIGINT NOT NULL,
  collection_status TEXT NOT NULL,
  duration_ms BIGINT,
  next_due_at BIGINT,
  problems_count BIGINT NOT NULL DEFAULT 0,
  problems_json TEXT,
  last_error TEXT,
  last_error_at BIGINT,
  last_error_sequence BIGINT,
  PRIMARY KEY (machine_id, kind)
);

CREATE INDEX machine_kinds_due ON machine_kinds (kind, next_due_at);

CREATE TABLE machine_sections (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  pointer TEXT NOT NULL,
  unknown_since_at BIGINT NOT NULL,
  known_at BIGINT,
  known_sequence BIGINT,
  PRIMARY KEY (machine_id, kind, pointer)
) WITHOUT ROWID;

CREATE TABLE machine_state (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  hardware_at BIGINT,
  hardware_due_at BIGINT,
  hardware_status TEXT,
  hardware_warnings_json TEXT,
  raid_degraded_count BIGINT,
  disks_failing_count BIGINT,
  metrics_at BIGINT,
  metrics_due_at BIGINT,
  metrics_status TEXT,
  metrics_warnings_json TEXT,
  booted_at BIGINT,
  load_1m DOUBLE PRECISION,
  cpu_count BIGINT,
  cpu_used_percent DOUBLE PRECISION,
  memory_used_percent DOUBLE PRECISION,
  root_used_percent DOUBLE PRECISION,
  fullest_mount_point TEXT,
  fullest_used_percent DOUBLE PRECISION,
  failed_units_count BIGINT,
  celsius_max DOUBLE PRECISION,
  apt_at BIGINT,
  apt_due_at BIGINT,
  apt_status TEXT,
  apt_warnings_json TEXT,
  packages_count BIGINT,
  updates_count BIGINT,
  security_updates_count BIGINT,
  held_count BIGINT,
  phased_count BIGINT,
  autoremovable_count BIGINT,
  obsolete_count BIGINT,
  broken_count BIGINT,
  updates_unknown_since_at BIGINT,
  lists_updated_at BIGINT,
  reboot_required BIGINT,
  services_to_restart_count BIGINT,
  docker_at BIGINT,
  docker_due_at BIGINT,
  docker_status TEXT,
  docker_warnings_json TEXT,
  engine TEXT,
  containers_total BIGINT,
  containers_running BIGINT,
  containers_unhealthy BIGINT,
  stacks_count BIGINT,
  last_error_kind TEXT,
  last_error TEXT,
  last_error_at BIGINT
);

CREATE INDEX machine_state_status ON machine_state (status);

CREATE TABLE machine_automatic_tags (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (machine_id, tag, kind)
) WITHOUT ROWID;

CREATE INDEX machine_automatic_tags_tag ON machine_automatic_tags (tag, machine_id);

CREATE TABLE machine_os (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  hostname TEXT NOT NULL,
  os_family TEXT,
  os_id TEXT,
  os_name TEXT,
  os_version TEXT,
  os_codename TEXT,
  kernel TEXT,
  architecture TEXT,
  machine_kind TEXT,
  virtualization TEXT,
  hardware_profile TEXT,
  time_zone TEXT
);

CREATE TABLE machine_hardware (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  vendor TEXT,
  product TEXT,
  product_version TEXT,
  serial TEXT,
  chassis TEXT,
  board_vendor TEXT,
  board_name TEXT,
  firmware_vendor TEXT,
  firmware_version TEXT,
  firmware_date TEXT,
  uefi BIGINT,
  secure_boot BIGINT,
  tpm_version TEXT,
  cpu_model TEXT,
  cpu_vendor TEXT,
  cpu_sockets BIGINT,
  cpu_cores BIGINT,
  cpu_threads BIGINT,
  cpu_threads_per_core BIGINT,
  cpu_mhz_min DOUBLE PRECISION,
  cpu_mhz_max DOUBLE PRECISION,
  cpu_microcode TEXT,
  cpu_vulnerabilities_json TEXT,
  memory_total_bytes BIGINT,
  dimms_json TEXT,
  raid_arrays_json TEXT,
  volume_groups_json TEXT,
  zfs_pools_json TEXT,
  gpus_json TEXT,
  default_routes_json TEXT,
  power_supplies_json TEXT,
  bmc_present BIGINT,
  bmc_address TEXT,
  bmc_firmware TEXT
);

CREATE TABLE machine_disks (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  model TEXT,
  serial TEXT,
  wwn TEXT,
  size_bytes BIGINT NOT NULL,
  rotational BIGINT,
  transport TEXT,
  removable BIGINT,
  firmware TEXT,
  partitions_json TEXT,
  mount_points_json TEXT,
  smart_passed BIGINT,
  smart_power_on_hours BIGINT,
  smart_reallocated_sectors BIGINT,
  smart_percentage_used BIGINT,
  smart_critical_warning BIGINT,
  PRIMARY KEY (machine_id, name)
);

CREATE INDEX machine_disks_serial ON machine_disks (serial);

CREATE TABLE machine_interfaces (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  mac TEXT,
  driver TEXT,
  speed_mbps BIGINT,
  duplex TEXT,
  mtu BIGINT,
  state TEXT,
  PRIMARY KEY (machine_id, name)
);

CREATE INDEX machine_interfaces_mac ON machine_interfaces (mac);

CREATE TABLE machine_addresses (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  interface TEXT NOT NULL,
  address TEXT NOT NULL,
  prefix_length BIGINT NOT NULL,
  family TEXT NOT NULL,
  scope TEXT,
  PRIMARY KEY (machine_id, interface, address, prefix_length)
) WITHOUT ROWID;

CREATE INDEX machine_addresses_address ON machine_addresses (address);

CREATE TABLE machine_pci_devices (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  class_id TEXT NOT NULL,
  class_name TEXT,
  vendor_id TEXT NOT NULL,
  vendor_name TEXT,
  device_id TEXT NOT NULL,
  device_name TEXT,
  driver TEXT,
  PRIMARY KEY (machine_id, address)
);

CREATE INDEX machine_pci_devices_ids ON machine_pci_devices (vendor_id, device_id);

CREATE TABLE machine_host_keys (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  PRIMARY KEY (machine_id, type, fingerprint)
);

CREATE INDEX machine_host_keys_fingerprint ON machine_host_keys (fingerprint);

CREATE TABLE machine_neighbors (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  interface TEXT NOT NULL,
  address TEXT NOT NULL,
  mac TEXT NOT NULL,
  PRIMARY KEY (machine_id, interface, address)
) WITHOUT ROWID;

CREATE INDEX machine_neighbors_mac ON machine_neighbors (mac);

CREATE TABLE machine_metrics_latest (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  load_1m DOUBLE PRECISION,
  load_5m DOUBLE PRECISION,
  load_15m DOUBLE PRECISION,
  cpu_used_percent DOUBLE PRECISION,
  cpu_user_percent DOUBLE PRECISION,
  cpu_system_percent DOUBLE PRECISION,
  cpu_iowait_percent DOUBLE PRECISION,
  cpu_steal_percent DOUBLE PRECISION,
  memory_total_bytes BIGINT,
  memory_used_bytes BIGINT,
  memory_available_bytes BIGINT,
  memory_used_percent DOUBLE PRECISION,
  swap_total_bytes BIGINT,
  swap_used_bytes BIGINT,
  root_used_percent DOUBLE PRECISION,
  fullest_used_percent DOUBLE PRECISION,
  disk_read_bytes_per_second DOUBLE PRECISION,
  disk_written_bytes_per_second DOUBLE PRECISION,
  received_bytes_per_second DOUBLE PRECISION,
  transmitted_bytes_per_second DOUBLE PRECISION,
  pressure_cpu_percent DOUBLE PRECISION,
  pressure_memory_percent DOUBLE PRECISION,
  pressure_io_percent DOUBLE PRECISION,
  processes_total BIGINT,
  celsius_max DOUBLE PRECISION,
  uptime_seconds DOUBLE PRECISION,
  booted_at BIGINT,
  interval_seconds DOUBLE PRECISION,
  cpu_count BIGINT,
  cpu_nice_percent DOUBLE PRECISION,
  cpu_irq_percent DOUBLE PRECISION,
  cpu_idle_percent DOUBLE PRECISION,
  memory_free_bytes BIGINT,
  memory_buffers_bytes BIGINT,
  memory_cached_bytes BIGINT,
  processes_running BIGINT,
  processes_blocked BIGINT,
  threads_total BIGINT,
  failed_units_json TEXT,
  cores_json TEXT,
  disks_json TEXT,
  interfaces_json TEXT,
  temperatures_json TEXT,
  fans_json TEXT,
  batteries_json TEXT
);

CREATE TABLE machine_filesystems (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  mount_point TEXT NOT NULL,
  at BIGINT NOT NULL,
  device TEXT NOT NULL,
  type TEXT NOT NULL,
  total_bytes BIGINT NOT NULL,
  used_bytes BIGINT NOT NULL,
  available_bytes BIGINT NOT NULL,
  used_percent DOUBLE PRECISION,
  inodes_total BIGINT,
  inodes_used BIGINT,
  inodes_available BIGINT,
  inodes_used_percent DOUBLE PRECISION,
  read_only BIGINT NOT NULL,
  PRIMARY KEY (machine_id, mount_point)
) WITHOUT ROWID;

CREATE TABLE host_metrics (
  bucket_at BIGINT NOT NULL,
  machine_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  load_1m DOUBLE PRECISION,
  load_5m DOUBLE PRECISION,
  load_15m DOUBLE PRECISION,
  cpu_used_percent DOUBLE PRECISION,
  cpu_user_percent DOUBLE PRECISION,
  cpu_system_percent DOUBLE PRECISION,
  cpu_iowait_percent DOUBLE PRECISION,
  cpu_steal_percent DOUBLE PRECISION,
  memory_total_bytes BIGINT,
  memory_used_bytes BIGINT,
  memory_available_bytes BIGINT,
  memory_used_percent DOUBLE PRECISION,
  swap_total_bytes BIGINT,
  swap_used_bytes BIGINT,
  root_used_percent DOUBLE PRECISION,
  fullest_used_percent DOUBLE PRECISION,
  disk_read_bytes_per_second DOUBLE PRECISION,
  disk_written_bytes_per_second DOUBLE PRECISION,
  received_bytes_per_second DOUBLE PRECISION,
  transmitted_bytes_per_second DOUBLE PRECISION,
  pressure_cpu_percent DOUBLE PRECISION,
  pressure_memory_percent DOUBLE PRECISION,
  pressure_io_percent DOUBLE PRECISION,
  processes_total BIGINT,
  celsius_max DOUBLE PRECISION,
  PRIMARY KEY (bucket_at, machine_id, at)
) WITHOUT ROWID;

CREATE TABLE container_metrics (
  bucket_at BIGINT NOT NULL,
  machine_id BIGINT NOT NULL,
  container_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  cpu_percent DOUBLE PRECISION,
  memory_used_bytes BIGINT,
  memory_limit_bytes BIGINT,
  received_bytes_total BIGINT,
  transmitted_bytes_total BIGINT,
  read_bytes_total BIGINT,
  written_bytes_total BIGINT,
  PRIMARY KEY (bucket_at, machine_id, container_id, at)
) WITHOUT ROWID;

CREATE TABLE apt_packages (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  architecture TEXT NOT NULL,
  version TEXT NOT NULL,
  source TEXT,
  state TEXT NOT NULL,
  automatic BIGINT NOT NULL,
  held BIGINT NOT NULL,
  installed_size_bytes BIGINT,
  PRIMARY KEY (machine_id, name, architecture)
) WITHOUT ROWID;

CREATE INDEX apt_packages_name ON apt_packages (name);

CREATE TABLE apt_leftover_packages (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  architecture TEXT NOT NULL,
  reason TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (machine_id, name, architecture, reason)
) WITHOUT ROWID;

CREATE TABLE apt_planned_packages (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  architecture TEXT NOT NULL,
  current_version TEXT,
  target_version TEXT,
  origin TEXT,
  suite TEXT,
  operation TEXT NOT NULL,
  security BIGINT NOT NULL,
  pending BIGINT NOT NULL,
  size_bytes BIGINT,
  status TEXT NOT NULL,
  reason TEXT,
  phased_percent BIGINT,
  PRIMARY KEY (machine_id, name, architecture)
) WITHOUT ROWID;

CREATE INDEX apt_planned_packages_name ON apt_planned_packages (name);

CREATE INDEX apt_planned_packages_security ON apt_planned_packages (security, name);

CREATE TABLE apt_applied_packages (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  started_at BIGINT NOT NULL,
  name TEXT NOT NULL,
  architecture TEXT NOT NULL,
  operation TEXT NOT NULL,
  from_version TEXT,
  to_version TEXT,
  automatic BIGINT,
  ended_at BIGINT,
  command_line TEXT,
  requested_by TEXT,
  error TEXT,
  PRIMARY KEY (machine_id, started_at, name, architecture, operation)
) WITHOUT ROWID;

CREATE INDEX apt_applied_packages_name ON apt_applied_packages (name, started_at);

CREATE INDEX apt_applied_packages_started ON apt_applied_packages (started_at);

CREATE TABLE apt_sources (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  type TEXT NOT NULL,
  uri TEXT NOT NULL,
  suite TEXT NOT NULL,
  line BIGINT NOT NULL,
  format TEXT NOT NULL,
  components_json TEXT,
  architectures_json TEXT,
  enabled BIGINT NOT NULL,
  signed_by TEXT,
  trusted BIGINT,
  fetched_at BIGINT,
  problem TEXT,
  PRIMARY KEY (machine_id, file, type, uri, suite, line)
);

CREATE TABLE apt_errors (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  category TEXT NOT NULL,
  subject TEXT NOT NULL,
  severity TEXT NOT NULL,
  message TEXT NOT NULL,
  remedy TEXT,
  PRIMARY KEY (machine_id, category, subject)
);

CREATE TABLE docker_engines (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  product TEXT NOT NULL,
  version TEXT NOT NULL,
  api_version TEXT,
  storage_driver TEXT,
  cgroup_version TEXT,
  cgroup_driver TEXT,
  swarm_state TEXT,
  rootless BIGINT,
  warnings_json TEXT,
  disk_measured_at BIGINT,
  images_bytes BIGINT,
  containers_bytes BIGINT,
  volumes_bytes BIGINT,
  build_cache_bytes BIGINT
);

CREATE TABLE docker_containers (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  container_id TEXT NOT NULL,
  name TEXT NOT NULL,
  image TEXT,
  image_id TEXT,
  repo_digests_json TEXT,
  state TEXT NOT NULL,
  health TEXT,
  exit_code BIGINT,
  oom_killed BIGINT,
  restart_count BIGINT,
  restart_policy TEXT,
  created_at BIGINT,
  started_at BIGINT,
  finished_at BIGINT,
  ports_json TEXT,
  networks_json TEXT,
  mounts_json TEXT,
  compose_project TEXT,
  compose_service TEXT,
  labels_json TEXT,
  PRIMARY KEY (machine_id, container_id)
);

CREATE INDEX docker_containers_health ON docker_containers (health, state);

CREATE INDEX docker_containers_image ON docker_containers (image);

CREATE TABLE docker_images (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  image_id TEXT NOT NULL,
  tags_json TEXT,
  digests_json TEXT,
  size_bytes BIGINT,
  created_at BIGINT,
  dangling BIGINT NOT NULL,
  containers_count BIGINT NOT NULL,
  os TEXT,
  architecture TEXT,
  variant TEXT,
  PRIMARY KEY (machine_id, image_id)
);

CREATE TABLE docker_volumes (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  driver TEXT,
  mount_point TEXT,
  created_at BIGINT,
  in_use BIGINT NOT NULL,
  compose_project TEXT,
  PRIMARY KEY (machine_id, name)
);

CREATE TABLE docker_networks (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  network_id TEXT NOT NULL,
  name TEXT NOT NULL,
  driver TEXT,
  scope TEXT,
  internal BIGINT,
  subnets_json TEXT,
  compose_project TEXT,
  PRIMARY KEY (machine_id, network_id)
);

CREATE TABLE docker_compose_stacks (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  project TEXT NOT NULL,
  working_directory TEXT,
  config_files_json TEXT,
  source TEXT NOT NULL,
  status TEXT NOT NULL,
  services_count BIGINT NOT NULL,
  containers_wanted BIGINT NOT NULL,
  containers_running BIGINT NOT NULL,
  containers_healthy BIGINT NOT NULL,
  PRIMARY KEY (machine_id, project)
);

CREATE INDEX docker_compose_stacks_status ON docker_compose_stacks (status);

CREATE TABLE docker_stack_services (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  image TEXT,
  status TEXT NOT NULL,
  containers_wanted BIGINT NOT NULL,
  containers_running BIGINT NOT NULL,
  containers_healthy BIGINT NOT NULL,
  PRIMARY KEY (machine_id, project, service)
);

CREATE TABLE docker_container_events (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  container_id TEXT NOT NULL,
  action TEXT NOT NULL,
  name TEXT,
  image TEXT,
  exit_code BIGINT,
  PRIMARY KEY (machine_id, at, container_id, action)
) WITHOUT ROWID;

CREATE INDEX docker_container_events_at ON docker_container_events (at);

CREATE TABLE docker_image_events (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  image TEXT NOT NULL,
  action TEXT NOT NULL,
  name TEXT,
  PRIMARY KEY (machine_id, at, image, action)
) WITHOUT ROWID;

CREATE INDEX docker_image_events_at ON docker_image_events (at);

CREATE TABLE machine_events (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('snapshot', 'hub', 'operator')),
  kind TEXT,
  snapshot_uuid TEXT,
  type TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  subject TEXT NOT NULL,
  message TEXT NOT NULL,
  detail_json TEXT,
  PRIMARY KEY (machine_id, event_id)
) WITHOUT ROWID;

CREATE INDEX machine_events_at ON machine_events (at);

CREATE INDEX machine_events_machine_at ON machine_events (machine_id, at);

CREATE INDEX machine_events_snapshot ON machine_events (machine_id, snapshot_uuid);

CREATE INDEX machine_events_type ON machine_events (type, at);

-- version 3: history
ALTER TABLE host_metrics ADD COLUMN filesystems_json TEXT;

CREATE TABLE host_metrics_5m (
block_at BIGINT NOT NULL,
machine_id BIGINT NOT NULL,
bucket_at BIGINT NOT NULL,
samples BIGINT NOT NULL,
load_1m_min DOUBLE PRECISION,
load_1m_avg DOUBLE PRECISION,
load_1m_max DOUBLE PRECISION,
cpu_used_percent_min DOUBLE PRECISION,
cpu_used_percent_avg DOUBLE PRECISION,
cpu_used_percent_max DOUBLE PRECISION,
cpu_iowait_percent_min DOUBLE PRECISION,
cpu_iowait_percent_avg DOUBLE PRECISION,
cpu_iowait_percent_max DOUBLE PRECISION,
cpu_steal_percent_min DOUBLE PRECISION,
cpu_steal_percent_avg DOUBLE PRECISION,
cpu_steal_percent_max DOUBLE PRECISION,
memory_used_percent_min DOUBLE PRECISION,
memory_used_percent_avg DOUBLE PRECISION,
memory_used_percent_max DOUBLE PRECISION,
swap_used_bytes_min DOUBLE PRECISION,
swap_used_bytes_avg DOUBLE PRECISION,
swap_used_bytes_max DOUBLE PRECISION,
root_used_percent_min DOUBLE PRECISION,
root_used_percent_avg DOUBLE PRECISION,
root_used_percent_max DOUBLE PRECISION,
fullest_used_percent_min DOUBLE PRECISION,
fullest_used_percent_avg DOUBLE PRECISION,
fullest_used_percent_max DOUBLE PRECISION,
disk_read_bytes_per_second_min DOUBLE PRECISION,
disk_read_bytes_per_second_avg DOUBLE PRECISION,
disk_read_bytes_per_second_max DOUBLE PRECISION,
disk_written_bytes_per_second_min DOUBLE PRECISION,
disk_written_bytes_per_second_avg DOUBLE PRECISION,
disk_written_bytes_per_second_max DOUBLE PRECISION,
received_bytes_per_second_min DOUBLE PRECISION,
received_bytes_per_second_avg DOUBLE PRECISION,
received_bytes_per_second_max DOUBLE PRECISION,
transmitted_bytes_per_second_min DOUBLE PRECISION,
transmitted_bytes_per_second_avg DOUBLE PRECISION,
transmitted_bytes_per_second_max DOUBLE PRECISION,
pressure_cpu_percent_min DOUBLE PRECISION,
pressure_cpu_percent_avg DOUBLE PRECISION,
pressure_cpu_percent_max DOUBLE PRECISION,
pressure_memory_percent_min DOUBLE PRECISION,
pressure_memory_percent_avg DOUBLE PRECISION,
pressure_memory_percent_max DOUBLE PRECISION,
pressure_io_percent_min DOUBLE PRECISION,
pressure_io_percent_avg DOUBLE PRECISION,
pressure_io_percent_max DOUBLE PRECISION,
processes_total_min DOUBLE PRECISION,
processes_total_avg DOUBLE PRECISION,
processes_total_max DOUBLE PRECISION,
celsius_max_min DOUBLE PRECISION,
celsius_max_avg DOUBLE PRECISION,
celsius_max_max DOUBLE PRECISION,
PRIMARY KEY (block_at, machine_id, bucket_at)
) WITHOUT ROWID;

CREATE TABLE host_metrics_1h (
block_at BIGINT NOT NULL,
machine_id BIGINT NOT NULL,
bucket_at BIGINT NOT NULL,
samples BIGINT NOT NULL,
load_1m_min DOUBLE PRECISION,
load_1m_avg DOUBLE PRECISION,
load_1m_max DOUBLE PRECISION,
cpu_used_percent_min DOUBLE PRECISION,
cpu_used_percent_avg DOUBLE PRECISION,
cpu_used_percent_max DOUBLE PRECISION,
cpu_iowait_percent_min DOUBLE PRECISION,
cpu_iowait_percent_avg DOUBLE PRECISION,
cpu_iowait_percent_max DOUBLE PRECISION,
cpu_steal_percent_min DOUBLE PRECISION,
cpu_steal_percent_avg DOUBLE PRECISION,
cpu_steal_percent_max DOUBLE PRECISION,
memory_used_percent_min DOUBLE PRECISION,
memory_used_percent_avg DOUBLE PRECISION,
memory_used_percent_max DOUBLE PRECISION,
swap_used_bytes_min DOUBLE PRECISION,
swap_used_bytes_avg DOUBLE PRECISION,
swap_used_bytes_max DOUBLE PRECISION,
root_used_percent_min DOUBLE PRECISION,
root_used_percent_avg DOUBLE PRECISION,
root_used_percent_max DOUBLE PRECISION,
fullest_used_percent_min DOUBLE PRECISION,
fullest_used_percent_avg DOUBLE PRECISION,
fullest_used_percent_max DOUBLE PRECISION,
disk_read_bytes_per_second_min DOUBLE PRECISION,
disk_read_bytes_per_second_avg DOUBLE PRECISION,
disk_read_bytes_per_second_max DOUBLE PRECISION,
disk_written_bytes_per_second_min DOUBLE PRECISION,
disk_written_bytes_per_second_avg DOUBLE PRECISION,
disk_written_bytes_per_second_max DOUBLE PRECISION,
received_bytes_per_second_min DOUBLE PRECISION,
received_bytes_per_second_avg DOUBLE PRECISION,
received_bytes_per_second_max DOUBLE PRECISION,
transmitted_bytes_per_second_min DOUBLE PRECISION,
transmitted_bytes_per_second_avg DOUBLE PRECISION,
transmitted_bytes_per_second_max DOUBLE PRECISION,
pressure_cpu_percent_min DOUBLE PRECISION,
pressure_cpu_percent_avg DOUBLE PRECISION,
pressure_cpu_percent_max DOUBLE PRECISION,
pressure_memory_percent_min DOUBLE PRECISION,
pressure_memory_percent_avg DOUBLE PRECISION,
pressure_memory_percent_max DOUBLE PRECISION,
pressure_io_percent_min DOUBLE PRECISION,
pressure_io_percent_avg DOUBLE PRECISION,
pressure_io_percent_max DOUBLE PRECISION,
processes_total_min DOUBLE PRECISION,
processes_total_avg DOUBLE PRECISION,
processes_total_max DOUBLE PRECISION,
celsius_max_min DOUBLE PRECISION,
celsius_max_avg DOUBLE PRECISION,
celsius_max_max DOUBLE PRECISION,
PRIMARY KEY (block_at, machine_id, bucket_at)
) WITHOUT ROWID;

CREATE TABLE filesystem_metrics_1h (
block_at BIGINT NOT NULL,
machine_id BIGINT NOT NULL,
bucket_at BIGINT NOT NULL,
samples BIGINT NOT NULL,
mount_point TEXT NOT NULL,
used_percent_min DOUBLE PRECISION,
used_percent_avg DOUBLE PRECISION,
used_percent_max DOUBLE PRECISION,
inodes_used_percent_min DOUBLE PRECISION,
inodes_used_percent_avg DOUBLE PRECISION,
inodes_used_percent_max DOUBLE PRECISION,
PRIMARY KEY (block_at, machine_id, mount_point, bucket_at)
) WITHOUT ROWID;

CREATE TABLE container_metrics_1h (
block_at BIGINT NOT NULL,
machine_id BIGINT NOT NULL,
bucket_at BIGINT NOT NULL,
samples BIGINT NOT NULL,
container_id TEXT NOT NULL,
cpu_percent_min DOUBLE PRECISION,
cpu_percent_avg DOUBLE PRECISION,
cpu_percent_max DOUBLE PRECISION,
memory_used_bytes_min DOUBLE PRECISION,
memory_used_bytes_avg DOUBLE PRECISION,
memory_used_bytes_max DOUBLE PRECISION,
memory_limit_bytes_max BIGINT,
received_bytes_total_min BIGINT,
received_bytes_total_max BIGINT,
transmitted_bytes_total_min BIGINT,
transmitted_bytes_total_max BIGINT,
read_bytes_total_min BIGINT,
read_bytes_total_max BIGINT,
written_bytes_total_min BIGINT,
written_bytes_total_max BIGINT,
PRIMARY KEY (block_at, machine_id, container_id, bucket_at)
) WITHOUT ROWID;

CREATE TABLE history_marks (
  name TEXT PRIMARY KEY,
  at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE history_late (
  machine_id BIGINT NOT NULL,
  span TEXT NOT NULL CHECK (span IN ('5m', '1h')),
  bucket_at BIGINT NOT NULL,
  PRIMARY KEY (machine_id, span, bucket_at)
) WITHOUT ROWID;

CREATE TABLE archive_baselines (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (machine_id, kind)
) WITHOUT ROWID;

CREATE TABLE cleanup_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  cause TEXT NOT NULL CHECK (cause IN ('schedule', 'command', 'disk')),
  rows_deleted BIGINT NOT NULL,
  bytes_deleted BIGINT NOT NULL,
  bytes_returned BIGINT NOT NULL,
  rules_json TEXT,
  error TEXT
);

CREATE INDEX cleanup_runs_started ON cleanup_runs (started_at);

CREATE TABLE hub_metrics (
  at BIGINT PRIMARY KEY,
  interval_seconds DOUBLE PRECISION NOT NULL,
  snapshots_taken BIGINT NOT NULL,
  snapshots_per_second DOUBLE PRECISION NOT NULL,
  answers_json TEXT,
  queue_depth BIGINT NOT NULL,
  queue_depth_max BIGINT NOT NULL,
  commits BIGINT NOT NULL,
  commit_ms_p50 DOUBLE PRECISION,
  commit_ms_p99 DOUBLE PRECISION,
  commit_ms_max DOUBLE PRECISION,
  delay_ms_max BIGINT,
  connections_open BIGINT NOT NULL,
  database_bytes BIGINT,
  database_free_bytes BIGINT,
  wal_bytes BIGINT,
  disk_available_bytes BIGINT,
  quarantine_entries BIGINT NOT NULL,
  snapshots_held BIGINT NOT NULL,
  spooling_machines BIGINT NOT NULL,
  spool_files BIGINT NOT NULL,
  spool_bytes BIGINT NOT NULL,
  resident_bytes BIGINT,
  slow_statements_json TEXT
);

CREATE INDEX snapshots_same_as ON snapshots (machine_id, same_as) WHERE same_as IS NOT NULL;

CREATE INDEX snapshots_kind_received ON snapshots (kind, received_at);

DROP INDEX snapshots_received;

-- version 4: messages
CREATE TABLE important_messages (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('snapshot', 'hub')),
  category TEXT NOT NULL,
  code TEXT NOT NULL,
  component TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  message TEXT NOT NULL,
  section TEXT,
  first_seen_at BIGINT NOT NULL,
  first_sequence BIGINT,
  first_snapshot TEXT,
  last_seen_at BIGINT,
  closed_at BIGINT,
  closed_sequence BIGINT,
  closed_snapshot TEXT,
  PRIMARY KEY (machine_id, message_id)
) WITHOUT ROWID;

CREATE INDEX important_messages_category ON important_messages (machine_id, category, closed_at);

CREATE INDEX important_messages_id ON important_messages (message_id);

CREATE INDEX important_messages_open ON important_messages (first_seen_at) WHERE closed_at IS NULL;

CREATE INDEX important_messages_closed ON important_messages (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE message_acknowledgements (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  category TEXT NOT NULL,
  code TEXT NOT NULL,
  component TEXT NOT NULL,
  severity TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  acknowledged_at BIGINT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  note TEXT,
  PRIMARY KEY (machine_id, category, code, component, severity, first_seen_at)
) WITHOUT ROWID;

ALTER TABLE machine_kinds ADD COLUMN has_messages BIGINT NOT NULL DEFAULT 0;

ALTER TABLE machines ADD COLUMN split_at BIGINT;

CREATE TABLE machine_boots (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  boot_id TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  superseded_at BIGINT,
  returned_at BIGINT,
  refused_at BIGINT,
  hostname TEXT,
  machine_id_hint TEXT,
  product_uuid_hint TEXT,
  remote_address TEXT,
  PRIMARY KEY (machine_id, boot_id)
) WITHOUT ROWID;

CREATE TABLE machine_clone_signs (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  alternated_at BIGINT,
  repeated_at BIGINT,
  repeated_sequence BIGINT
);

CREATE TABLE tag_rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tag TEXT NOT NULL,
  expression TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  UNIQUE (tag, expression)
);

-- version 5: images
ALTER TABLE docker_containers ADD COLUMN restart_loop_count BIGINT;

ALTER TABLE docker_containers ADD COLUMN restart_loop_since_at BIGINT;

CREATE TABLE docker_image_references (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  reference TEXT NOT NULL,
  image_id TEXT NOT NULL,
  registry TEXT NOT NULL,
  repository TEXT NOT NULL,
  tag TEXT NOT NULL,
  pinned BIGINT NOT NULL,
  has_digest BIGINT NOT NULL,
  digests_json TEXT,
  os TEXT NOT NULL,
  architecture TEXT NOT NULL,
  variant TEXT NOT NULL,
  containers_count BIGINT NOT NULL,
  PRIMARY KEY (machine_id, reference, image_id)
);

CREATE INDEX docker_image_references_name ON docker_image_references (registry, repository, tag);

CREATE TABLE image_candidates (
  registry TEXT NOT NULL,
  repository TEXT NOT NULL,
  tag TEXT NOT NULL,
  os TEXT NOT NULL,
  architecture TEXT NOT NULL,
  variant TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (answer IN ('unknown', 'found', 'no_digest', 'unauthorized', 'gone',
    'unreachable', 'rate_limited', 'not_allowed')),
  answer_since_at BIGINT,
  asked_at BIGINT,
  next_ask_at BIGINT NOT NULL,
  index_digest TEXT,
  manifest_digest TEXT,
  image_id TEXT,
  digest_since_at BIGINT,
  last_error TEXT,
  PRIMARY KEY (registry, repository, tag, os, architecture, variant)
) WITHOUT ROWID;

CREATE INDEX image_candidates_next_ask ON image_candidates (next_ask_at);

CREATE TABLE image_registries (
  registry TEXT NOT NULL PRIMARY KEY,
  blocked_until_at BIGINT,
  window_started_at BIGINT,
  window_requests BIGINT NOT NULL,
  last_error TEXT
);

-- version 7: apt_findings
ALTER TABLE apt_sources ADD COLUMN signature TEXT;

ALTER TABLE apt_sources ADD COLUMN key_expires_at BIGINT;

ALTER TABLE apt_sources ADD COLUMN problem_code TEXT;

ALTER TABLE apt_errors ADD COLUMN lines_json TEXT;

-- version 8: questions
CREATE TABLE machine_host_key_sightings (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  first_received_at BIGINT NOT NULL,
  PRIMARY KEY (machine_id, type, fingerprint)
) WITHOUT ROWID;

INSERT INTO machine_host_key_sightings (machine_id, type, fingerprint, public_key, first_received_at)
SELECT h.machine_id, h.type, h.fingerprint, h.public_key, coalesce(k.received_at, 0)
FROM machine_host_keys h
LEFT JOIN machine_kinds k ON k.machine_id = h.machine_id AND k.kind = 'hardware';

CREATE TABLE host_key_approvals (
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  approved_at BIGINT NOT NULL,
  approved_by TEXT NOT NULL,
  PRIMARY KEY (machine_id, type, fingerprint)
) WITHOUT ROWID;

CREATE TABLE apt_reboots (
  machine_id BIGINT PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  required BIGINT,
  packages_json TEXT,
  running_kernel TEXT,
  newest_kernel TEXT,
  services_json TEXT
);

CREATE TABLE event_feed (
  entry INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL,
  UNIQUE (machine_id, event_id)
);

CREATE INDEX machine_os_hostname ON machine_os (hostname);

CREATE INDEX docker_containers_name ON docker_containers (name, machine_id);

CREATE TRIGGER machine_events_feed AFTER INSERT ON machine_events BEGIN
  INSERT INTO event_feed (machine_id, event_id) VALUES (NEW.machine_id, NEW.event_id)
    ON CONFLICT (machine_id, event_id) DO NOTHING;
  DELETE FROM event_feed WHERE entry <= (SELECT max(entry) FROM event_feed) - 100000;
END;

-- version 9: ingest
DROP INDEX machine_kinds_due;

CREATE TABLE snapshots_in_order (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  snapshot_uuid TEXT NOT NULL,
  kind TEXT NOT NULL,
  schema_version BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  collected_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  collection_status TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('derived', 'unchanged', 'stale', 'held', 'failed')),
  payload_digest TEXT,
  same_as TEXT,
  body_digest TEXT NOT NULL,
  inflated_bytes BIGINT NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (snapshot_uuid, machine_id)
);

INSERT INTO snapshots_in_order
SELECT id, machine_id, snapshot_uuid, kind, schema_version, sequence, boot_id, collected_at, received_at,
  effective_at, collection_status, result, payload_digest, same_as, body_digest, inflated_bytes, body
FROM snapshots ORDER BY id;

UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'snapshots')
WHERE name = 'snapshots_in_order';

DROP TABLE snapshots;

ALTER TABLE snapshots_in_order RENAME TO snapshots;

CREATE INDEX snapshots_order ON snapshots (machine_id, kind, effective_at, sequence);

CREATE INDEX snapshots_held ON snapshots (machine_id) WHERE result = 'held';

CREATE INDEX snapshots_same_as ON snapshots (machine_id, same_as) WHERE same_as IS NOT NULL;

CREATE INDEX snapshots_kind_received ON snapshots (kind, received_at);

-- version 10: state
DROP INDEX machine_state_status;

DROP INDEX important_messages_open;

CREATE INDEX important_messages_open ON important_messages (severity, first_seen_at DESC, message_id)
  WHERE closed_at IS NULL;

CREATE INDEX important_messages_hub ON important_messages (code, category, machine_id, component)
  WHERE source = 'hub' AND closed_at IS NULL;

-- version 11: one_row
ALTER TABLE machine_kinds RENAME TO machine_inventories;

CREATE TABLE machine_newest (
  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  status TEXT NOT NULL DEFAULT 'ok',
  hardware_at BIGINT,
  hardware_due_at BIGINT,
  hardware_status TEXT,
  hardware_warnings_json TEXT,
  raid_degraded_count BIGINT,
  disks_failing_count BIGINT,
  metrics_at BIGINT,
  metrics_due_at BIGINT,
  metrics_status TEXT,
  metrics_warnings_json TEXT,
  booted_at BIGINT,
  load_1m DOUBLE PRECISION,
  cpu_count BIGINT,
  cpu_used_percent DOUBLE PRECISION,
  memory_used_percent DOUBLE PRECISION,
  root_used_percent DOUBLE PRECISION,
  fullest_mount_point TEXT,
  fullest_used_percent DOUBLE PRECISION,
  failed_units_count BIGINT,
  celsius_max DOUBLE PRECISION,
  apt_at BIGINT,
  apt_due_at BIGINT,
  apt_status TEXT,
  apt_warnings_json TEXT,
  packages_count BIGINT,
  updates_count BIGINT,
  security_updates_count BIGINT,
  held_count BIGINT,
  phased_count BIGINT,
  autoremovable_count BIGINT,
  obsolete_count BIGINT,
  broken_count BIGINT,
  updates_unknown_since_at BIGINT,
  lists_updated_at BIGINT,
  reboot_required BIGINT,
  services_to_restart_count BIGINT,
  docker_at BIGINT,
  docker_due_at BIGINT,
  docker_status TEXT,
  docker_warnings_json TEXT,
  engine TEXT,
  containers_total BIGINT,
  containers_running BIGINT,
  containers_unhealthy BIGINT,
  stacks_count BIGINT,
  last_error_kind TEXT,
  last_error TEXT,
  last_error_at BIGINT,
  metrics_snapshot_uuid TEXT,
  metrics_archive_id BIGINT,
  metrics_schema_version BIGINT,
  metrics_sequence BIGINT,
  metrics_collected_at BIGINT,
  metrics_received_at BIGINT,
  metrics_unknown_json TEXT,
  metrics_attempted_at BIGINT,
  metrics_attempted_sequence BIGINT,
  metrics_collection_status TEXT,
  metrics_duration_ms BIGINT,
  metrics_problems_json TEXT,
  metrics_last_error TEXT,
  metrics_last_error_at BIGINT,
  metrics_last_error_sequence BIGINT,
  metrics_has_unknown BIGINT NOT NULL DEFAULT 0,
  metrics_has_messages BIGINT NOT NULL DEFAULT 0,
  metrics_problems_count BIGINT NOT NULL DEFAULT 0,
  load_5m DOUBLE PRECISION,
  load_15m DOUBLE PRECISION,
  cpu_user_percent DOUBLE PRECISION,
  cpu_system_percent DOUBLE PRECISION,
  cpu_iowait_percent DOUBLE PRECISION,
  cpu_steal_percent DOUBLE PRECISION,
  memory_total_bytes BIGINT,
  memory_used_bytes BIGINT,
  memory_available_bytes BIGINT,
  swap_total_bytes BIGINT,
  swap_used_bytes BIGINT,
  disk_read_bytes_per_second DOUBLE PRECISION,
  disk_written_bytes_per_second DOUBLE PRECISION,
  received_bytes_per_second DOUBLE PRECISION,
  transmitted_bytes_per_second DOUBLE PRECISION,
  pressure_cpu_percent DOUBLE PRECISION,
  pressure_memory_percent DOUBLE PRECISION,
  pressure_io_percent DOUBLE PRECISION,
  processes_total BIGINT,
  uptime_seconds DOUBLE PRECISION,
  interval_seconds DOUBLE PRECISION,
  cpu_nice_percent DOUBLE PRECISION,
  cpu_irq_percent DOUBLE PRECISION,
  cpu_idle_percent DOUBLE PRECISION,
  memory_free_bytes BIGINT,
  memory_buffers_bytes BIGINT,
  memory_cached_bytes BIGINT,
  processes_running BIGINT,
  processes_blocked BIGINT,
  threads_total BIGINT,
  failed_units_json TEXT,
  cores_json TEXT,
  disks_json TEXT,
  interfaces_json TEXT,
  temperatures_json TEXT,
  fans_json TEXT,
  batteries_json TEXT
);

INSERT INTO machine_newest (machine_id, status, hardware_at, hardware_due_at, hardware_status, hardware_warnings_json, raid_degraded_count, disks_failing_count, metrics_at, metrics_due_at, metrics_status, metrics_warnings_json, booted_at, load_1m, cpu_count, cpu_used_percent, memory_used_percent, root_used_percent, fullest_mount_point, fullest_used_percent, failed_units_count, celsius_max, apt_at, apt_due_at, apt_status, apt_warnings_json, packages_count, updates_count, security_updates_count, held_count, phased_count, autoremovable_count, obsolete_count, broken_count, updates_unknown_since_at, lists_updated_at, reboot_required, services_to_restart_count, docker_at, docker_due_at, docker_status, docker_warnings_json, engine, containers_total, containers_running, containers_unhealthy, stacks_count, last_error_kind, last_error, last_error_at, metrics_snapshot_uuid, metrics_archive_id, metrics_schema_version, metrics_sequence, metrics_collected_at, metrics_received_at, metrics_unknown_json, metrics_attempted_at, metrics_attempted_sequence, metrics_collection_status, metrics_duration_ms, metrics_problems_json, metrics_last_error, metrics_last_error_at, metrics_last_error_sequence, metrics_has_unknown, metrics_has_messages, metrics_problems_count, load_5m, load_15m, cpu_user_percent, cpu_system_percent, cpu_iowait_percent, cpu_steal_percent, memory_total_bytes, memory_used_bytes, memory_available_bytes, swap_total_bytes, swap_used_bytes, disk_read_bytes_per_second, disk_written_bytes_per_second, received_bytes_per_second, transmitted_bytes_per_second, pressure_cpu_percent, pressure_memory_percent, pressure_io_percent, processes_total, uptime_seconds, interval_seconds, cpu_nice_percent, cpu_irq_percent, cpu_idle_percent, memory_free_bytes, memory_buffers_bytes, memory_cached_bytes, processes_running, processes_blocked, threads_total, failed_units_json, cores_json, disks_json, interfaces_json, temperatures_json, fans_json, batteries_json)
SELECT t.machine_id, t.status, t.hardware_at, t.hardware_due_at, t.hardware_status, t.hardware_warnings_json, t.raid_degraded_count, t.disks_failing_count, t.metrics_at, t.metrics_due_at, t.metrics_status, t.metrics_warnings_json, t.booted_at, t.load_1m, t.cpu_count, t.cpu_used_percent, t.memory_used_percent, t.root_used_percent, t.fullest_mount_point, t.fullest_used_percent, t.failed_units_count, t.celsius_max, t.apt_at, t.apt_due_at, t.apt_status, t.apt_warnings_json, t.packages_count, t.updates_count, t.security_updates_count, t.held_count, t.phased_count, t.autoremovable_count, t.obsolete_count, t.broken_count, t.updates_unknown_since_at, t.lists_updated_at, t.reboot_required, t.services_to_restart_count, t.docker_at, t.docker_due_at, t.docker_status, t.docker_warnings_json, t.engine, t.containers_total, t.containers_running, t.containers_unhealthy, t.stacks_count, t.last_error_kind, t.last_error, t.last_error_at,
  k.snapshot_uuid, k.archive_id, k.schema_version, k.sequence, k.collected_at, k.received_at, k.unknown_json, k.attempted_at, k.attempted_sequence, k.collection_status, k.duration_ms, k.problems_json, k.last_error, k.last_error_at, k.last_error_sequence, coalesce(k.has_unknown, 0), coalesce(k.has_messages, 0), coalesce(k.problems_count, 0),
  l.load_5m, l.load_15m, l.cpu_user_percent, l.cpu_system_percent, l.cpu_iowait_percent, l.cpu_steal_percent, l.memory_total_bytes, l.memory_used_bytes, l.memory_available_bytes, l.swap_total_bytes, l.swap_used_bytes, l.disk_read_bytes_per_second, l.disk_written_bytes_per_second, l.received_bytes_per_second, l.transmitted_bytes_per_second, l.pressure_cpu_percent, l.pressure_memory_percent, l.pressure_io_percent, l.processes_total, l.uptime_seconds, l.interval_seconds, l.cpu_nice_percent, l.cpu_irq_percent, l.cpu_idle_percent, l.memory_free_bytes, l.memory_buffers_bytes, l.memory_cached_bytes, l.processes_running, l.processes_blocked, l.threads_total, l.failed_units_json, l.cores_json, l.disks_json, l.interfaces_json, l.temperatures_json, l.fans_json, l.batteries_json
FROM machine_state t
LEFT JOIN machine_inventories k ON k.machine_id = t.machine_id AND k.kind = 'metrics'
LEFT JOIN machine_metrics_latest l ON l.machine_id = t.machine_id;

DELETE FROM machine_inventories WHERE kind = 'metrics';

DROP TABLE machine_metrics_latest;

DROP TABLE machine_state;

ALTER TABLE machine_newest RENAME TO machine_state;

CREATE INDEX machine_state_failing ON machine_state (machine_id) WHERE last_error_kind IS NOT NULL;

CREATE VIEW machine_metrics_latest AS
SELECT machine_id, metrics_at AS at, load_1m, load_5m, load_15m, cpu_used_percent, cpu_user_percent,
  cpu_system_percent, cpu_iowait_percent, cpu_steal_percent, memory_total_bytes, memory_used_bytes,
  memory_available_bytes, memory_used_percent, swap_total_bytes, swap_used_bytes, root_used_percent,
  fullest_used_percent, disk_read_bytes_per_second, disk_written_bytes_per_second,
  received_bytes_per_second, transmitted_bytes_per_second, pressure_cpu_percent, pressure_memory_percent,
  pressure_io_percent, processes_total, celsius_max, uptime_seconds, booted_at, interval_seconds, cpu_count,
  cpu_nice_percent, cpu_irq_percent, cpu_idle_percent, memory_free_bytes, memory_buffers_bytes,
  memory_cached_bytes, processes_running, processes_blocked, threads_total, failed_units_json, cores_json,
  disks_json, interfaces_json, temperatures_json, fans_json, batteries_json
FROM machine_state WHERE metrics_at IS NOT NULL;

CREATE VIEW machine_kinds AS
SELECT machine_id, kind, snapshot_uuid, archive_id, schema_version, effective_at, sequence, collected_at,
  received_at, payload_uuid, payload_digest, unchanged_since_at, has_unknown, unknown_json, attempted_at,
  attempted_sequence, collection_status, duration_ms, next_due_at, problems_count, problems_json, last_error,
  last_error_at, last_error_sequence, has_messages
FROM machine_inventories
UNION ALL
SELECT machine_id, 'metrics', metrics_snapshot_uuid, metrics_archive_id, metrics_schema_version, metrics_at,
  metrics_sequence, metrics_collected_at, metrics_received_at, metrics_snapshot_uuid, NULL, NULL,
  metrics_has_unknown, metrics_unknown_json, metrics_attempted_at, metrics_attempted_sequence,
  metrics_collection_status, metrics_duration_ms, metrics_due_at, metrics_problems_count,
  metrics_problems_json, metrics_last_error, metrics_last_error_at, metrics_last_error_sequence,
  metrics_has_messages
FROM machine_state WHERE metrics_attempted_at IS NOT NULL;

CREATE TABLE machine_settings_by_id (
  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  retired_at BIGINT,
  notes TEXT
);

INSERT INTO machine_settings_by_id SELECT machine_id, name, retired_at, notes FROM machine_settings;

DROP TABLE machine_settings;

ALTER TABLE machine_settings_by_id RENAME TO machine_settings;

CREATE TABLE machine_os_by_id (
  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  hostname TEXT NOT NULL,
  os_family TEXT,
  os_id TEXT,
  os_name TEXT,
  os_version TEXT,
  os_codename TEXT,
  kernel TEXT,
  architecture TEXT,
  machine_kind TEXT,
  virtualization TEXT,
  hardware_profile TEXT,
  time_zone TEXT
);

INSERT INTO machine_os_by_id
SELECT machine_id, hostname, os_family, os_id, os_name, os_version, os_codename, kernel, architecture,
  machine_kind, virtualization, hardware_profile, time_zone FROM machine_os;

DROP TABLE machine_os;

ALTER TABLE machine_os_by_id RENAME TO machine_os;

CREATE INDEX machine_os_hostname ON machine_os (hostname);

CREATE TABLE machine_credentials_by_hash (
  token_hash TEXT PRIMARY KEY NOT NULL,
  machine_id BIGINT NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_reason TEXT
) WITHOUT ROWID;

INSERT INTO machine_credentials_by_hash
SELECT token_hash, machine_id, created_at, revoked_at, revoked_reason FROM machine_credentials;

DROP TABLE machine_credentials;

ALTER TABLE machine_credentials_by_hash RENAME TO machine_credentials;

CREATE INDEX machine_credentials_machine ON machine_credentials (machine_id);

-- version 12: filesystems
ALTER TABLE machine_state ADD COLUMN filesystems_json TEXT;

UPDATE machine_state SET filesystems_json = nullif((
  SELECT json_group_array(json_patch('{}', json_object('mount_point', mount_point, 'at', at, 'device', device, 'type', type, 'total_bytes', total_bytes, 'used_bytes', used_bytes, 'available_bytes', available_bytes, 'used_percent', used_percent, 'inodes_total', inodes_total, 'inodes_used', inodes_used, 'inodes_available', inodes_available, 'inodes_used_percent', inodes_used_percent, 'read_only', read_only)))
  FROM (SELECT * FROM machine_filesystems f WHERE f.machine_id = machine_state.machine_id
    ORDER BY mount_point)), '[]');

DROP TABLE machine_filesystems;

CREATE VIEW machine_filesystems AS
SELECT t.machine_id, CAST(json_extract(f.value, '$.mount_point') AS TEXT) AS mount_point,
  CAST(json_extract(f.value, '$.at') AS INTEGER) AS at,
  CAST(json_extract(f.value, '$.device') AS TEXT) AS device,
  CAST(json_extract(f.value, '$.type') AS TEXT) AS type,
  CAST(json_extract(f.value, '$.total_bytes') AS INTEGER) AS total_bytes,
  CAST(json_extract(f.value, '$.used_bytes') AS INTEGER) AS used_bytes,
  CAST(json_extract(f.value, '$.available_bytes') AS INTEGER) AS available_bytes,
  CAST(json_extract(f.value, '$.used_percent') AS REAL) AS used_percent,
  CAST(json_extract(f.value, '$.inodes_total') AS INTEGER) AS inodes_total,
  CAST(json_extract(f.value, '$.inodes_used') AS INTEGER) AS inodes_used,
  CAST(json_extract(f.value, '$.inodes_available') AS INTEGER) AS inodes_available,
  CAST(json_extract(f.value, '$.inodes_used_percent') AS REAL) AS inodes_used_percent,
  CAST(json_extract(f.value, '$.read_only') AS INTEGER) AS read_only
FROM machine_state t, json_each(t.filesystems_json) f;

-- version 13: checks
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (result IN (''derived'', ''unchanged'', ''stale'', ''held'', ''failed''))',
  'CHECK (result = ''derived'' OR result = ''unchanged'' OR result = ''stale'' OR result = ''held'' OR result = ''failed'')')
WHERE type = 'table' AND name = 'snapshots';

PRAGMA writable_schema = RESET;

-- version 14: arrival
ALTER TABLE host_metrics ADD COLUMN entry BIGINT;

CREATE TABLE host_metrics_as_they_come (
  bucket_at BIGINT NOT NULL,
  machine_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  load_1m DOUBLE PRECISION,
  load_5m DOUBLE PRECISION,
  load_15m DOUBLE PRECISION,
  cpu_used_percent DOUBLE PRECISION,
  cpu_user_percent DOUBLE PRECISION,
  cpu_system_percent DOUBLE PRECISION,
  cpu_iowait_percent DOUBLE PRECISION,
  cpu_steal_percent DOUBLE PRECISION,
  memory_total_bytes BIGINT,
  memory_used_bytes BIGINT,
  memory_available_bytes BIGINT,
  memory_used_percent DOUBLE PRECISION,
  swap_total_bytes BIGINT,
  swap_used_bytes BIGINT,
  root_used_percent DOUBLE PRECISION,
  fullest_used_percent DOUBLE PRECISION,
  disk_read_bytes_per_second DOUBLE PRECISION,
  disk_written_bytes_per_second DOUBLE PRECISION,
  received_bytes_per_second DOUBLE PRECISION,
  transmitted_bytes_per_second DOUBLE PRECISION,
  pressure_cpu_percent DOUBLE PRECISION,
  pressure_memory_percent DOUBLE PRECISION,
  pressure_io_percent DOUBLE PRECISION,
  processes_total BIGINT,
  celsius_max DOUBLE PRECISION,
  filesystems_json TEXT,
  entry INTEGER PRIMARY KEY,
  UNIQUE (bucket_at, machine_id, at)
);

INSERT INTO host_metrics_as_they_come SELECT * FROM host_metrics ORDER BY bucket_at, machine_id, at;

DROP TABLE host_metrics;

ALTER TABLE host_metrics_as_they_come RENAME TO host_metrics;

-- version 15: fullest
ALTER TABLE machine_state ADD COLUMN filesystems_used_percent_max DOUBLE PRECISION;

UPDATE machine_state SET filesystems_used_percent_max = (
  SELECT max(f.used_percent) FROM machine_filesystems f WHERE f.machine_id = machine_state.machine_id)
WHERE filesystems_json IS NOT NULL;

-- version 16: contact
CREATE TABLE machine_state_in_order (
  machine_id INTEGER PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  status TEXT NOT NULL DEFAULT 'ok',
  last_seen_at BIGINT,
  next_due_at BIGINT,
  highest_sequence BIGINT NOT NULL DEFAULT 0,
  clock_skew_ms BIGINT,
  remote_address TEXT,
  spool_files BIGINT,
  spool_bytes BIGINT,
  spool_dropped_total BIGINT,
  hardware_at BIGINT,
  hardware_due_at BIGINT,
  hardware_status TEXT,
  raid_degraded_count BIGINT,
  disks_failing_count BIGINT,
  metrics_at BIGINT,
  metrics_due_at BIGINT,
  metrics_status TEXT,
  booted_at BIGINT,
  load_1m DOUBLE PRECISION,
  cpu_count BIGINT,
  cpu_used_percent DOUBLE PRECISION,
  memory_used_percent DOUBLE PRECISION,
  root_used_percent DOUBLE PRECISION,
  fullest_mount_point TEXT,
  fullest_used_percent DOUBLE PRECISION,
  failed_units_count BIGINT,
  celsius_max DOUBLE PRECISION,
  apt_at BIGINT,
  apt_due_at BIGINT,
  apt_status TEXT,
  packages_count BIGINT,
  updates_count BIGINT,
  security_updates_count BIGINT,
  held_count BIGINT,
  phased_count BIGINT,
  autoremovable_count BIGINT,
  obsolete_count BIGINT,
  broken_count BIGINT,
  updates_unknown_since_at BIGINT,
  lists_updated_at BIGINT,
  reboot_required BIGINT,
  services_to_restart_count BIGINT,
  docker_at BIGINT,
  docker_due_at BIGINT,
  docker_status TEXT,
  engine TEXT,
  containers_total BIGINT,
  containers_running BIGINT,
  containers_unhealthy BIGINT,
  stacks_count BIGINT,
  last_error_kind TEXT,
  last_error_at BIGINT,
  metrics_snapshot_uuid TEXT,
  metrics_archive_id BIGINT,
  metrics_schema_version BIGINT,
  metrics_sequence BIGINT,
  metrics_collected_at BIGINT,
  metrics_received_at BIGINT,
  metrics_attempted_at BIGINT,
  metrics_attempted_sequence BIGINT,
  metrics_collection_status TEXT,
  metrics_duration_ms BIGINT,
  metrics_last_error_at BIGINT,
  metrics_last_error_sequence BIGINT,
  metrics_has_unknown BIGINT NOT NULL DEFAULT 0,
  metrics_has_messages BIGINT NOT NULL DEFAULT 0,
  metrics_problems_count BIGINT NOT NULL DEFAULT 0,
  load_5m DOUBLE PRECISION,
  load_15m DOUBLE PRECISION,
  cpu_user_percent DOUBLE PRECISION,
  cpu_system_percent DOUBLE PRECISION,
  cpu_iowait_percent DOUBLE PRECISION,
  cpu_steal_percent DOUBLE PRECISION,
  memory_total_bytes BIGINT,
  memory_used_bytes BIGINT,
  memory_available_bytes BIGINT,
  swap_total_bytes BIGINT,
  swap_used_bytes BIGINT,
  disk_read_bytes_per_second DOUBLE PRECISION,
  disk_written_bytes_per_second DOUBLE PRECISION,
  received_bytes_per_second DOUBLE PRECISION,
  transmitted_bytes_per_second DOUBLE PRECISION,
  pressure_cpu_percent DOUBLE PRECISION,
  pressure_memory_percent DOUBLE PRECISION,
  pressure_io_percent DOUBLE PRECISION,
  processes_total BIGINT,
  uptime_seconds DOUBLE PRECISION,
  interval_seconds DOUBLE PRECISION,
  cpu_nice_percent DOUBLE PRECISION,
  cpu_irq_percent DOUBLE PRECISION,
  cpu_idle_percent DOUBLE PRECISION,
  memory_free_bytes BIGINT,
  memory_buffers_bytes BIGINT,
  memory_cached_bytes BIGINT,
  processes_running BIGINT,
  processes_blocked BIGINT,
  threads_total BIGINT,
  filesystems_used_percent_max DOUBLE PRECISION,
  hardware_warnings_json TEXT,
  metrics_warnings_json TEXT,
  apt_warnings_json TEXT,
  docker_warnings_json TEXT,
  last_error TEXT,
  metrics_unknown_json TEXT,
  metrics_problems_json TEXT,
  metrics_last_error TEXT,
  failed_units_json TEXT,
  cores_json TEXT,
  disks_json TEXT,
  interfaces_json TEXT,
  temperatures_json TEXT,
  fans_json TEXT,
  batteries_json TEXT,
  filesystems_json TEXT
);

INSERT INTO machine_state_in_order (machine_id, status, last_seen_at, next_due_at, highest_sequence, clock_skew_ms, remote_address, spool_files, spool_bytes, spool_dropped_total, hardware_at, hardware_due_at, hardware_status, raid_degraded_count, disks_failing_count, metrics_at, metrics_due_at, metrics_status, booted_at, load_1m, cpu_count, cpu_used_percent, memory_used_percent, root_used_percent, fullest_mount_point, fullest_used_percent, failed_units_count, celsius_max, apt_at, apt_due_at, apt_status, packages_count, updates_count, security_updates_count, held_count, phased_count, autoremovable_count, obsolete_count, broken_count, updates_unknown_since_at, lists_updated_at, reboot_required, services_to_restart_count, docker_at, docker_due_at, docker_status, engine, containers_total, containers_running, containers_unhealthy, stacks_count, last_error_kind, last_error_at, metrics_snapshot_uuid, metrics_archive_id, metrics_schema_version, metrics_sequence, metrics_collected_at, metrics_received_at, metrics_attempted_at, metrics_attempted_sequence, metrics_collection_status, metrics_duration_ms, metrics_last_error_at, metrics_last_error_sequence, metrics_has_unknown, metrics_has_messages, metrics_problems_count, load_5m, load_15m, cpu_user_percent, cpu_system_percent, cpu_iowait_percent, cpu_steal_percent, memory_total_bytes, memory_used_bytes, memory_available_bytes, swap_total_bytes, swap_used_bytes, disk_read_bytes_per_second, disk_written_bytes_per_second, received_bytes_per_second, transmitted_bytes_per_second, pressure_cpu_percent, pressure_memory_percent, pressure_io_percent, processes_total, uptime_seconds, interval_seconds, cpu_nice_percent, cpu_irq_percent, cpu_idle_percent, memory_free_bytes, memory_buffers_bytes, memory_cached_bytes, processes_running, processes_blocked, threads_total, filesystems_used_percent_max, hardware_warnings_json, metrics_warnings_json, apt_warnings_json, docker_warnings_json, last_error, metrics_unknown_json, metrics_problems_json, metrics_last_error, failed_units_json, cores_json, disks_json, interfaces_json, temperatures_json, fans_json, batteries_json, filesystems_json)
SELECT m.id, coalesce(t.status, 'ok'), m.last_seen_at, m.next_due_at, m.highest_sequence, m.clock_skew_ms, m.remote_address, m.spool_files, m.spool_bytes, m.spool_dropped_total, t.hardware_at, t.hardware_due_at, t.hardware_status, t.raid_degraded_count, t.disks_failing_count, t.metrics_at, t.metrics_due_at, t.metrics_status, t.booted_at, t.load_1m, t.cpu_count, t.cpu_used_percent, t.memory_used_percent, t.root_used_percent, t.fullest_mount_point, t.fullest_used_percent, t.failed_units_count, t.celsius_max, t.apt_at, t.apt_due_at, t.apt_status, t.packages_count, t.updates_count, t.security_updates_count, t.held_count, t.phased_count, t.autoremovable_count, t.obsolete_count, t.broken_count, t.updates_unknown_since_at, t.lists_updated_at, t.reboot_required, t.services_to_restart_count, t.docker_at, t.docker_due_at, t.docker_status, t.engine, t.containers_total, t.containers_running, t.containers_unhealthy, t.stacks_count, t.last_error_kind, t.last_error_at, t.metrics_snapshot_uuid, t.metrics_archive_id, t.metrics_schema_version, t.metrics_sequence, t.metrics_collected_at, t.metrics_received_at, t.metrics_attempted_at, t.metrics_attempted_sequence, t.metrics_collection_status, t.metrics_duration_ms, t.metrics_last_error_at, t.metrics_last_error_sequence, coalesce(t.metrics_has_unknown, 0), coalesce(t.metrics_has_messages, 0), coalesce(t.metrics_problems_count, 0), t.load_5m, t.load_15m, t.cpu_user_percent, t.cpu_system_percent, t.cpu_iowait_percent, t.cpu_steal_percent, t.memory_total_bytes, t.memory_used_bytes, t.memory_available_bytes, t.swap_total_bytes, t.swap_used_bytes, t.disk_read_bytes_per_second, t.disk_written_bytes_per_second, t.received_bytes_per_second, t.transmitted_bytes_per_second, t.pressure_cpu_percent, t.pressure_memory_percent, t.pressure_io_percent, t.processes_total, t.uptime_seconds, t.interval_seconds, t.cpu_nice_percent, t.cpu_irq_percent, t.cpu_idle_percent, t.memory_free_bytes, t.memory_buffers_bytes, t.memory_cached_bytes, t.processes_running, t.processes_blocked, t.threads_total, t.filesystems_used_percent_max, t.hardware_warnings_json, t.metrics_warnings_json, t.apt_warnings_json, t.docker_warnings_json, t.last_error, t.metrics_unknown_json, t.metrics_problems_json, t.metrics_last_error, t.failed_units_json, t.cores_json, t.disks_json, t.interfaces_json, t.temperatures_json, t.fans_json, t.batteries_json, t.filesystems_json
FROM machines m LEFT JOIN machine_state t ON t.machine_id = m.id
WHERE t.machine_id IS NOT NULL OR m.last_seen_at IS NOT NULL
ORDER BY m.id;

DROP VIEW machine_filesystems;

DROP VIEW machine_kinds;

DROP VIEW machine_metrics_latest;

DROP TABLE machine_state;

ALTER TABLE machine_state_in_order RENAME TO machine_state;

CREATE INDEX machine_state_failing ON machine_state (machine_id) WHERE last_error_kind IS NOT NULL;

CREATE INDEX machine_state_spooling ON machine_state (machine_id) WHERE spool_files > 0;

CREATE VIEW machine_metrics_latest AS
SELECT machine_id, metrics_at AS at, load_1m, load_5m, load_15m, cpu_used_percent, cpu_user_percent,
  cpu_system_percent, cpu_iowait_percent, cpu_steal_percent, memory_total_bytes, memory_used_bytes,
  memory_available_bytes, memory_used_percent, swap_total_bytes, swap_used_bytes, root_used_percent,
  fullest_used_percent, disk_read_bytes_per_second, disk_written_bytes_per_second,
  received_bytes_per_second, transmitted_bytes_per_second, pressure_cpu_percent, pressure_memory_percent,
  pressure_io_percent, processes_total, celsius_max, uptime_seconds, booted_at, interval_seconds, cpu_count,
  cpu_nice_percent, cpu_irq_percent, cpu_idle_percent, memory_free_bytes, memory_buffers_bytes,
  memory_cached_bytes, processes_running, processes_blocked, threads_total, failed_units_json, cores_json,
  disks_json, interfaces_json, temperatures_json, fans_json, batteries_json
FROM machine_state WHERE metrics_at IS NOT NULL;

CREATE VIEW machine_kinds AS
SELECT machine_id, kind, snapshot_uuid, archive_id, schema_version, effective_at, sequence, collected_at,
  received_at, payload_uuid, payload_digest, unchanged_since_at, has_unknown, unknown_json, attempted_at,
  attempted_sequence, collection_status, duration_ms, next_due_at, problems_count, problems_json, last_error,
  last_error_at, last_error_sequence, has_messages
FROM machine_inventories
UNION ALL
SELECT machine_id, 'metrics', metrics_snapshot_uuid, metrics_archive_id, metrics_schema_version, metrics_at,
  metrics_sequence, metrics_collected_at, metrics_received_at, metrics_snapshot_uuid, NULL, NULL,
  metrics_has_unknown, metrics_unknown_json, metrics_attempted_at, metrics_attempted_sequence,
  metrics_collection_status, metrics_duration_ms, metrics_due_at, metrics_problems_count,
  metrics_problems_json, metrics_last_error, metrics_last_error_at, metrics_last_error_sequence,
  metrics_has_messages
FROM machine_state WHERE metrics_attempted_at IS NOT NULL;

ALTER TABLE machines DROP COLUMN last_seen_at;

ALTER TABLE machines DROP COLUMN next_due_at;

ALTER TABLE machines DROP COLUMN highest_sequence;

ALTER TABLE machines DROP COLUMN clock_skew_ms;

ALTER TABLE machines DROP COLUMN remote_address;

ALTER TABLE machines DROP COLUMN spool_files;

ALTER TABLE machines DROP COLUMN spool_bytes;

ALTER TABLE machines DROP COLUMN spool_dropped_total;

CREATE VIEW machine_filesystems AS
SELECT t.machine_id, CAST(json_extract(f.value, '$.mount_point') AS TEXT) AS mount_point,
  CAST(json_extract(f.value, '$.at') AS INTEGER) AS at,
  CAST(json_extract(f.value, '$.device') AS TEXT) AS device,
  CAST(json_extract(f.value, '$.type') AS TEXT) AS type,
  CAST(json_extract(f.value, '$.total_bytes') AS INTEGER) AS total_bytes,
  CAST(json_extract(f.value, '$.used_bytes') AS INTEGER) AS used_bytes,
  CAST(json_extract(f.value, '$.available_bytes') AS INTEGER) AS available_bytes,
  CAST(json_extract(f.value, '$.used_percent') AS REAL) AS used_percent,
  CAST(json_extract(f.value, '$.inodes_total') AS INTEGER) AS inodes_total,
  CAST(json_extract(f.value, '$.inodes_used') AS INTEGER) AS inodes_used,
  CAST(json_extract(f.value, '$.inodes_available') AS INTEGER) AS inodes_available,
  CAST(json_extract(f.value, '$.inodes_used_percent') AS REAL) AS inodes_used_percent,
  CAST(json_extract(f.value, '$.read_only') AS INTEGER) AS read_only
FROM machine_state t, json_each(t.filesystems_json) f;
