import Contracts

/// Collects what the machine is made of. Two runs on an unchanged machine give equal payloads.
struct HardwareCollector: Collector {
    let kind = Kind.hardware
    let host: Host
    let settings: CollectionSettings
    /// Where systemd put what only root may read (`LoadCredential=`): `dmi_product_serial`, `dmi_table`.
    var credentials: Host?

    init(host: Host, settings: CollectionSettings, credentials: Host? = nil) {
        self.host = host
        self.settings = settings
        self.credentials = credentials
    }

    func collect() async -> Collected {
        var survey = HardwareSurvey(host: host, settings: settings, credentials: credentials)
        survey.run()
        return Collected(
            payload: survey.payload, unknown: survey.findings.unknown, problems: survey.findings.problems,
            volatile: survey.volatile)
    }
}

/// One look at the whole machine: each section reads its files and fills its part of the payload.
struct HardwareSurvey {
    let host: Host
    let settings: CollectionSettings
    let credentials: Host?
    var payload = HardwareV1()
    var findings = Findings()
    /// The machine is a container: what sysfs shows there is its host's hardware, which is not reported twice.
    private(set) var containerManager: String?
    private(set) var cpuInfo = CPUInfo()
    /// What the root oneshot left, where it is enabled.
    private(set) var inspection: Inspection?
    /// Ages of neighbours, by the kernel's clock; in the order of the payload's.
    var neighborAges: [JSONValue] = []

    init(host: Host, settings: CollectionSettings, credentials: Host? = nil) {
        self.host = host
        self.settings = settings
        self.credentials = credentials
    }

    mutating func run() {
        containerManager = host.containerManager
        let (inspection, problem) = inspect()
        self.inspection = inspection
        if let problem { findings.add(problem) }
        // 4,096 CPUs with a kilobyte of flags each.
        if let bytes = findings.bytes(host, "/proc/cpuinfo", unknown: "/cpu", limit: 16 << 20) {
            cpuInfo = CPUInfo.parse(bytes)
            if cpuInfo.processors == 0 { findings.malformed("/proc/cpuinfo", "no processor in it", unknown: "/cpu") }
        }
        operatingSystem()
        processor()
        memory()
        system()
        if containerManager == nil {
            firmware()
            disks()
            volumes()
            pciDevices()
            powerSupplies()
            managementController()
        }
        interfaces()
        defaultRoutes()
        hostKeys()
        timeZone()
        if settings.neighbors { neighbors() }
    }

    /// The attribute, trimmed; nil where it is not there. One that may not be read is reported under the pointer.
    mutating func attribute(_ path: String, unknown pointer: String?) -> String? {
        do { return try host.attribute(path) } catch {
            findings.add(error, unknown: pointer)
            return nil
        }
    }

    /// Entries of a directory that lists devices; one that is there and cannot be read is reported under the pointer.
    mutating func names(_ path: String, unknown pointer: String) -> [String]? {
        do { return try host.list(path) } catch {
            findings.add(error, unknown: pointer)
            return nil
        }
    }
}

extension Array {
    /// Nil for an empty one: on the wire an empty section is an absent one.
    var nonEmpty: [Element]? { isEmpty ? nil : self }
}
