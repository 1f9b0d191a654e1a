import Contracts
import Testing

@testable import Agent

@Suite("Parsers of metrics")
struct MetricsParserTests {
    private func scanner(_ text: String) -> ByteScanner { ByteScanner(Array(text.utf8)) }

    @Test("numbers end where a word ends, and more than 64 bits are none")
    func numbers() {
        var text = scanner("  12 18446744073709551615 18446744073709551616 7x -1")
        #expect(text.unsigned() == 12)
        #expect(text.unsigned() == .max)
        #expect(text.unsigned() == nil)
        for (input, value) in [("1.25", 1.25), ("-3", -3), ("0.05", 0.05), (".5", 0.5), ("5.", 5)] {
            var number = scanner(input)
            #expect(number.decimal() == value)
        }
        for input in ["", "-", ".", "1e5", "abc", "1.2.3"] {
            var number = scanner(input)
            #expect(number.decimal() == nil, "\(input)")
        }
        var empty = scanner("")
        #expect(empty.line() == nil && empty.word() == nil)
    }

    @Test("text out of anything is clean")
    func cleaning() {
        #expect(String(cleaning: [0x20, 0x41, 0xFF, 0x00, 0x42, 0x0A][...]) == "A\u{FFFD}\u{FFFD}B")
        #expect(String(cleaning: [][...]) == "")
        #expect(String(cleaning: [0, 0, 0][...]) == "")
    }

    @Test("sizes and counters fit the wire")
    func wire() {
        #expect(WireInteger.counter(1 << 53 + 5) == 5)
        #expect(WireInteger.size(.max) == 1 << 53 - 1)
        #expect(WireInteger.size(7) == 7)
    }

    @Test("CPU time that went back counts as nothing")
    func cpuTimes() throws {
        var before = CPUTimes()
        before.user = 100
        before.iowait = 50
        before.idle = 10
        var now = before
        now.user = 160
        now.iowait = 20
        let spent = now.since(before)
        #expect(spent.user == 60 && spent.iowait == 0 && spent.total == 60)
    }

    @Test("mounts with escapes, and what covers others")
    func mounts() {
        let text = #"""
            20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            21 1 8:2 / /mnt/a\040b\134 ro - xfs /dev/sda2 rw
            22 1 8:3 / /srv rw master:1 propagate_from:2 - ext4 /dev/sda3 ro,errors=x
            23 1 8:4 / /srv rw - ext4 /dev/sda4 rw
            24 1 8:1 /var/x /bind rw - ext4 /dev/sda1 rw
            25 1 8:5 / /var/lib/docker/volumes/v rw - ext4 /dev/sda5 rw
            26 1 0:30 /@home /home rw - btrfs /dev/sdb rw,subvol=/@home
            27 1 0:30 /@ /b rw - btrfs /dev/sdb rw,subvol=/@
            28 1 0:9 / /proc rw - proc proc rw
            """#
        let parsed = Mount.parse(Array(text.utf8), passingOver: MountTable.isPseudo)
        #expect(parsed.faults.isEmpty && parsed.value.count == 8)
        #expect(parsed.value[1].mountPoint == #"/mnt/a b\"# && parsed.value[1].readOnly)
        #expect(parsed.value[2].readOnly)
        let chosen = MountTable.onePerDevice(MountTable.visible(parsed.value))
        #expect(chosen.map(\.mountPoint) == ["/", "/b", #"/mnt/a b\"#, "/srv"])
        #expect(chosen.last?.source == "/dev/sda4")
    }

    @Test("paths of control groups by their controllers")
    func groupPaths() {
        let text = Array("11:pids:/a\n4:cpu,cpuacct:/docker/x:y\n1:name=systemd:/s\n0::/u\n".utf8)
        #expect(ContainerCgroup.path(of: "cpuacct", in: text) == "/docker/x:y")
        #expect(ContainerCgroup.path(of: "pids", in: text) == "/a")
        #expect(ContainerCgroup.path(of: "blkio", in: text) == nil)
        #expect(ContainerCgroup.path(of: "cpuacct", in: []) == nil)
    }

    @Test("ids of containers in the names of control groups")
    func containerNames() {
        let id = String(repeating: "0a", count: 32)
        func found(_ name: String) -> String? {
            Array(name.utf8).withUnsafeBufferPointer { ContainerCgroup.id(inName: $0) }
        }
        for name in [
            id, "docker-\(id).scope", "libpod-\(id).scope", "cri-containerd-\(id).scope", "libpod-payload-\(id)",
        ] {
            #expect(found(name) == id, "\(name)")
        }
        for name in ["libpod-conmon-\(id).scope", "docker.service", id + "0", String(id.dropLast()), "", "a"] {
            #expect(found(name) == nil, "\(name)")
        }
    }

    @Test(
        "sensors that say what cannot be",
        arguments: [
            "-128000", "65261000", "abc", "", "-60001", "255000000",
        ])
    func badSensors(text: String) {
        #expect(SensorValue.celsius(text) == nil)
    }

    @Test("sensors in tenths of a degree")
    func sensors() {
        #expect(SensorValue.celsius("48686") == 48.7)
        #expect(SensorValue.celsius("-5250") == -5.3)
        #expect(SensorValue.celsius("0") == 0)
        #expect(SensorValue.limit("0") == nil)
        #expect(SensorValue.rpm("65535") == nil && SensorValue.rpm("-1") == nil && SensorValue.rpm("812") == 812)
    }

    @Test("a counter that went back gives no rate, nor does a clock that stood still")
    func rates() throws {
        let host = try Host()
        let clockwork = MetricsSample(awakeNanoseconds: 1_000_000_000)
        var sensors: SensorCatalogue?
        var reading = MetricsReading(host: host, isContainer: true, earlier: clockwork)
        reading.run(at: 11_000_000_000, sensors: &sensors)
        #expect(reading.rate(50, 20) == 3)
        #expect(reading.rate(10, 20) == nil)
        #expect(reading.rate(10, nil) == nil)
        reading = MetricsReading(host: host, isContainer: true, earlier: clockwork)
        reading.run(at: 1_000_000_000, sensors: &sensors)
        #expect(reading.rate(50, 20) == nil && reading.payload.intervalSeconds == nil)
    }

    @Test("every prefix of a machine's files is read without a crash")
    func prefixes() throws {
        let host = try Host()
        for path in ["/proc/stat", "/proc/meminfo", "/proc/diskstats", "/proc/net/dev", "/proc/1/mountinfo"] {
            let bytes = Array(((try? host.bytes(path)) ?? []).prefix(1500))
            for length in 0..<bytes.count {
                let part = Array(bytes[..<length])
                _ = ProcStat.parse(part)
                _ = MemInfo.parse(part)
                _ = DiskStats.parse(part)
                _ = NetDev.parse(part)
                _ = Mount.parse(part)
                _ = PressureStall.parse(part)
                _ = LoadAverage.parse(part)
                _ = CPUInfo.parse(part)
            }
        }
    }
}
