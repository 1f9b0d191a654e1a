import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Agent

/// The queue on real files.
struct SpoolTests {
    let directory: TemporaryDirectory
    let state: StateDirectory

    init() throws {
        directory = try TemporaryDirectory()
        state = StateDirectory(path: directory.file("state"))
        try state.prepare()
    }

    func open(_ limits: SpoolIndex.Limits = .init(maxBytes: 1 << 20, maxFiles: 100, maxAgeMilliseconds: 1 << 40))
        throws -> Spool
    {
        try Spool(state: state, limits: limits, logger: .silent, now: { SampleHead.start })
    }

    @Test func whatIsPutIsThereAfterARestart() async throws {
        let snapshot = try SampleHead.sealed(.apt, sequence: 7)
        try await open().put(snapshot)
        let reopened = try open()
        let entry = try #require(await reopened.index.entries.first)
        #expect(await reopened.read(entry) == snapshot)
        #expect(await reopened.report == SpoolReport(files: 1, bytes: snapshot.body.count, droppedTotal: 0))
        await reopened.delete(entry.id)
        #expect(directory.names("state/spool") == [])
    }

    @Test func filesAreTheAgentsAlone() async throws {
        try await open().put(SampleHead.sealed(.apt, sequence: 7))
        let name = try #require(directory.names("state/spool").first)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(state.spool)/\(name)")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let folder = try FileManager.default.attributesOfItem(atPath: state.path)
        #expect(folder[.posixPermissions] as? Int == 0o700)
    }

    @Test func leftoversOfACrashGoAndStrangersMoveAside() async throws {
        let snapshot = try SampleHead.sealed(.apt, sequence: 7)
        try await open().put(snapshot)
        let name = try #require(directory.names("state/spool").first)
        // As kill -9 leaves it: the first half of a file that was not renamed yet.
        try directory.write("state/spool/\(name).tmp", Array(snapshot.body.prefix(20)))
        try directory.write("state/spool/notes.txt", "hello")
        try directory.write("state/spool/0000000000000009-apt-\(snapshot.head.snapshotID).json.gz", [])
        let spool = try open()
        #expect(await spool.index.entries.map(\.sequence) == [7])
        #expect(directory.names("state/spool") == [name])
        #expect(directory.names("state/rejected/broken").count == 2)
    }

    @Test func aTruncatedFileIsMovedAsideAndTheRestGoesOn() async throws {
        let spool = try open()
        for sequence in 1...2 { try await spool.put(SampleHead.sealed(.apt, sequence: sequence)) }
        let name = try #require(directory.names("state/spool").first)
        let bytes = try directory.read("state/spool/\(name)")
        try directory.write("state/spool/\(name)", Array(bytes.dropLast(9)))
        let entries = await spool.index.entries
        #expect(await spool.read(entries[0]) == nil)
        #expect(await spool.read(entries[1]) != nil)
        #expect(directory.names("state/rejected/broken") == [name])
        #expect(await spool.index.entries.map(\.sequence) == [2])
    }

    @Test func gzipOfSomethingElseIsMovedAside() async throws {
        let spool = try open()
        try await spool.put(SampleHead.sealed(.apt, sequence: 1))
        let name = try #require(directory.names("state/spool").first)
        for text in ["[]", "{\"payload\":{}}", "no JSON"] {
            try directory.write("state/spool/\(name)", try Gzip.compress(Array(text.utf8)))
            let again = try open()
            let entry = try #require(await again.index.entries.first)
            #expect(await again.read(entry) == nil)
        }
    }

    @Test func aFileThatVanishedIsForgotten() async throws {
        let spool = try open()
        try await spool.put(SampleHead.sealed(.apt, sequence: 1))
        let entry = try #require(await spool.index.entries.first)
        try FileManager.default.removeItem(atPath: "\(state.spool)/\(entry.name)")
        #expect(await spool.read(entry) == nil)
        #expect(await spool.index.entries == [])
    }

    @Test func boundsHoldOnDiskAndAreCounted() async throws {
        let spool = try open(.init(maxBytes: 1 << 20, maxFiles: 5, maxAgeMilliseconds: 1 << 40))
        for sequence in 1...12 { try await spool.put(SampleHead.sealed(.metrics, sequence: sequence)) }
        #expect(directory.names("state/spool").count == 5)
        #expect(await spool.report.droppedTotal == 7)
    }

    @Test func refusedOnesAreKeptApartAndBounded() async throws {
        let spool = try open(.init(maxBytes: 1 << 30, maxFiles: 1000, maxAgeMilliseconds: 1 << 40))
        for sequence in 1...(RejectedFiles.maximumFiles + 5) {
            let snapshot = try SampleHead.sealed(.apt, sequence: sequence, text: "x")
            if sequence % 2 == 0 {
                try await spool.put(snapshot)
                await spool.reject(snapshot.head.snapshotID)
            } else {
                await spool.reject(snapshot)
            }
        }
        let names = directory.names("state/rejected").filter { $0 != "broken" }
        #expect(names.count == RejectedFiles.maximumFiles)
        // The oldest went.
        #expect(names.first?.hasPrefix("0000000000000006-") == true)
        #expect(await spool.index.entries == [])
    }

    /// A file system of 256 KiB that is really full.
    @Test(.enabled(if: getuid() == 0, "mounting a tmpfs needs root"))
    func onAFullDiskOldMetricsMakeRoomAndNothingIsHalfWritten() async throws {
        let mount = directory.file("small")
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        try ChildProcess.run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount])
        defer { _ = try? ChildProcess.run("umount", [mount]) }
        let small = StateDirectory(path: "\(mount)/state")
        try small.prepare()
        let spool = try Spool(
            state: small, limits: .init(maxBytes: 1 << 30, maxFiles: 1000, maxAgeMilliseconds: 1 << 40),
            logger: .silent, now: { SampleHead.start })
        for sequence in 1...40 {
            try await spool.put(SampleHead.sealed(.metrics, sequence: sequence, bytes: 10_000))
        }
        try await spool.put(SampleHead.sealed(.apt, sequence: 41, bytes: 10_000))
        let kept = await spool.index.entries
        #expect(kept.last?.kind == "apt")
        #expect(kept.count < 41)
        #expect(await spool.droppedTotal == 41 - kept.count)
        // What the index says is what is on disk, whole.
        let onDisk = try Files.names(small.spool)
        #expect(onDisk == kept.map(\.name))
        for entry in kept { #expect(await spool.read(entry) != nil) }
    }

    /// Inventory alone fills the disk: the newest of each kind is never given up for another.
    @Test(.enabled(if: getuid() == 0, "mounting a tmpfs needs root"))
    func whereNothingCanGiveWayTheFailureIsTold() async throws {
        let mount = directory.file("small")
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
        try ChildProcess.run("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", mount])
        defer { _ = try? ChildProcess.run("umount", [mount]) }
        let small = StateDirectory(path: "\(mount)/state")
        try small.prepare()
        let spool = try Spool(
            state: small, limits: .init(maxBytes: 1 << 30, maxFiles: 1000, maxAgeMilliseconds: 1 << 40),
            logger: .silent, now: { SampleHead.start })
        try await spool.put(SampleHead.sealed(.hardware, sequence: 1, bytes: 50_000))
        await #expect { try await spool.put(SampleHead.sealed(.apt, sequence: 2, bytes: 80_000)) } throws: {
            ($0 as? FileFailure)?.isFull == true
        }
        #expect(try Files.names(small.spool).count == 1)
    }
}
