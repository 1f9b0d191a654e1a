import Contracts
import Glibc
import Synchronization

/// What APT's answers depend on, as far as files tell: while these are equal, so are the answers.
struct APTInputs: Equatable, Sendable {
    private struct Mark: Equatable, Sendable {
        var name: String
        var inode: UInt64
        var size: Int64
        /// Seconds and nanoseconds of mtime and ctime; the second changes with permissions, too.
        var times: [Int]
    }

    private var marks: [Mark] = []

    private static let files = [
        "var/lib/dpkg/status", "var/lib/dpkg/arch", "var/lib/dpkg/triggers/Unincorp", "var/lib/apt/extended_states",
        "etc/apt/sources.list",
        "etc/apt/preferences", "etc/apt/apt.conf", "etc/machine-id", "usr/bin/apt-get",
    ]
    private static let directories = [
        "var/lib/dpkg/updates", "var/lib/apt/lists", "etc/apt/sources.list.d", "etc/apt/preferences.d",
        "etc/apt/apt.conf.d",
    ]
    /// In the directory of lists: touched without a change of what is known.
    private static let ignored: Set = ["lock", "partial", "auxfiles"]

    init(host: Host) {
        for file in Self.files { mark(file, host) }
        for directory in Self.directories {
            for name in host.names(directory) where !Self.ignored.contains(name) { mark("\(directory)/\(name)", host) }
        }
    }

    private mutating func mark(_ name: String, _ host: Host) {
        guard let status = try? host.status(name) else { return }
        marks.append(
            Mark(
                name: name, inode: UInt64(status.st_ino), size: Int64(status.st_size),
                times: [
                    status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
                ]))
    }
}

/// APT's last answer, for as long as nothing that it depends on has changed.
final class APTAnswerMemory: Sendable {
    /// A repository in a local directory changes without a trace in the lists.
    private let longest: Duration
    private let kept = Mutex<(inputs: APTInputs, answer: APTResolver.Answer, at: ContinuousClock.Instant)?>(nil)

    init(longest: Duration = .seconds(12 * 3600)) { self.longest = longest }

    func answer(to inputs: APTInputs, at now: ContinuousClock.Instant = .now) -> APTResolver.Answer? {
        kept.withLock { kept in
            guard let kept, kept.inputs == inputs, now - kept.at < longest else { return nil }
            return kept.answer
        }
    }

    /// Keeps what was answered without a complaint; everything else is asked again.
    func keep(_ answer: APTResolver.Answer, to inputs: APTInputs, at now: ContinuousClock.Instant = .now) {
        kept.withLock { $0 = answer.isWhole ? (inputs, answer, now) : nil }
    }
}
