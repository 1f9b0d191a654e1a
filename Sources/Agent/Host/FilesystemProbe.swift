import CLinux
import Glibc
import Synchronization
import Transport

/// Asks mounted file systems for their sizes on threads of their own, because a file server that is gone holds whoever
/// asks for as long as it pleases.
final class FilesystemProbe: Sendable {
    struct Sizes: Equatable, Sendable {
        var totalBytes: UInt64
        var freeBytes: UInt64
        /// What an unprivileged user can still write.
        var availableBytes: UInt64
        /// 0 where the file system does not count them.
        var inodesTotal: UInt64
        var inodesFree: UInt64
        var inodesAvailable: UInt64
    }

    enum Answer: Equatable, Sendable {
        case sizes(Sizes)
        case failed(errno: Int32)
        case timedOut
    }

    typealias Question = @Sendable (_ mountPoint: String) -> Answer

    /// Mount points that hold a thread of an earlier round: they are not asked again, so that threads do not pile up.
    private let asked = Mutex<Set<String>>([])
    private let question: Question

    init(question: @escaping Question) { self.question = question }

    convenience init(host: Host) {
        self.init { mountPoint in Self.ask(mountPoint, host) }
    }

    /// The answers in the order of the groups' mount points. Each group has a thread; what it does not answer before
    /// the deadline is `timedOut`.
    func ask(groups: [[String]], deadline: Duration) async -> [[Answer]] {
        let round = Round(groups)
        let timer = Task {
            try? await Task.sleep(for: deadline)
            if !Task.isCancelled { round.end() }
        }
        defer { timer.cancel() }
        return await withCheckedContinuation { continuation in
            round.begin(continuation)
            for (index, group) in groups.enumerated() where !group.isEmpty {
                DedicatedThread.start { self.answer(group, index, round) }
            }
        }
    }

    private func answer(_ group: [String], _ index: Int, _ round: Round) {
        for (position, mountPoint) in group.enumerated() {
            let isFree = asked.withLock { $0.insert(mountPoint).inserted }
            guard isFree else {
                round.set(.timedOut, index, position)
                continue
            }
            let answer = question(mountPoint)
            _ = asked.withLock { $0.remove(mountPoint) }
            round.set(answer, index, position)
            if round.isOver { return }
        }
    }

    private static func ask(_ mountPoint: String, _ host: Host) -> Answer {
        let descriptor: Int32
        do { descriptor = try host.open(mountPoint, vigie_open_path) } catch { return .failed(errno: error.errno) }
        defer { close(descriptor) }
        var information = statvfs()
        guard fstatvfs(descriptor, &information) == 0 else { return .failed(errno: errno) }
        let block = UInt64(information.f_frsize)
        func bytes(_ blocks: fsblkcnt_t) -> UInt64 {
            let (product, overflow) = UInt64(blocks).multipliedReportingOverflow(by: block)
            return overflow ? .max : product
        }
        return .sizes(
            Sizes(
                totalBytes: bytes(information.f_blocks), freeBytes: bytes(information.f_bfree),
                availableBytes: bytes(information.f_bavail), inodesTotal: UInt64(information.f_files),
                inodesFree: UInt64(information.f_ffree), inodesAvailable: UInt64(information.f_favail)))
    }
}

/// One round of questions: ends when all are answered or the time is over, whichever comes first.
private final class Round: Sendable {
    private struct State {
        var answers: [[FilesystemProbe.Answer]]
        var open: Int
        var continuation: CheckedContinuation<[[FilesystemProbe.Answer]], Never>?
        var isOver = false
    }

    private let state: Mutex<State>

    init(_ groups: [[String]]) {
        let answers = groups.map { [FilesystemProbe.Answer](repeating: .timedOut, count: $0.count) }
        state = Mutex(State(answers: answers, open: groups.reduce(0) { $0 + $1.count }))
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    func begin(_ continuation: CheckedContinuation<[[FilesystemProbe.Answer]], Never>) {
        let isEmpty = state.withLock { state in
            state.continuation = continuation
            return state.open == 0
        }
        if isEmpty { end() }
    }

    func set(_ answer: FilesystemProbe.Answer, _ group: Int, _ position: Int) {
        let isLast = state.withLock { state in
            guard !state.isOver else { return false }
            state.answers[group][position] = answer
            state.open -= 1
            return state.open == 0
        }
        if isLast { end() }
    }

    func end() {
        let (continuation, answers) = state.withLock { state in
            defer { state.continuation = nil }
            // Over before it began: a deadline of nothing.
            if state.continuation != nil { state.isOver = true }
            return (state.continuation, state.answers)
        }
        continuation?.resume(returning: answers)
    }
}
