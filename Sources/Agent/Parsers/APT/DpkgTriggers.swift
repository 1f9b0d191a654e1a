/// dpkg's triggers that have been set off and not yet taken into its database: `/var/lib/dpkg/triggers`, of which
/// dpkg-query(1) tells and the status file does not (lib/dpkg/trigdeferred.l, triglib.c).
struct DpkgTriggers: Equatable {
    /// Names of the triggers by the package that waits to be run for them.
    private(set) var pending: [String: [String]] = [:]
    /// Names of the packages whose run is waited for, by the package that waits.
    private(set) var awaited: [String: [String]] = [:]

    /// Lines of each file; a machine with a desktop has some hundred, and each is looked for among all others.
    private static let limit = 1000

    /// - Parameters:
    ///   - deferred: `Unincorp`: a trigger's name, and the packages that set it off and wait for it (`-`: nobody).
    ///   - files: `File`: a path, and the package that is interested in what happens below it.
    ///   - interested: the file that is named like a trigger: the packages that are interested in it, one a line.
    init(deferred: String, files: String, interested: (String) -> String?) {
        let paths = files.split(separator: "\n").prefix(Self.limit).compactMap { line -> (String, Interest)? in
            let words = line.words
            return words.count == 2 ? (String(words[0]), Interest(words[1])) : nil
        }
        for line in deferred.split(separator: "\n").prefix(Self.limit) where line.first != "#" {
            let words = line.words
            guard let trigger = words.first else { continue }
            let interests =
                trigger.first == "/"
                ? paths.filter { trigger == $0.0 || trigger.hasPrefix($0.0 + "/") }.map(\.1)
                : (interested(String(trigger)) ?? "").split(separator: "\n").prefix(Self.limit).map(Interest.init)
            for interest in interests {
                pending[interest.package, default: []].append(String(trigger))
                guard interest.isAwaited else { continue }
                for waiting in words.dropFirst() where waiting != "-" {
                    awaited[String(waiting), default: []].append(interest.package)
                }
            }
        }
    }

    /// `package[:architecture][/noawait]`
    private struct Interest {
        var package: String
        var isAwaited: Bool

        init(_ word: Substring) {
            let text = word.trimmed
            isAwaited = !text.hasSuffix("/noawait")
            package = String(text.prefix { $0 != "/" })
        }
    }

    /// The package in the state that dpkg gives it.
    func applied(to package: DpkgStatus.Package) -> DpkgStatus.Package {
        guard package.state == "installed" else { return package }
        let names = [package.name, "\(package.name):\(package.architecture)"]
        var package = package
        // Waiting for others is the weaker state in dpkg's order, and the one that is shown.
        if let others = names.compactMap({ awaited[$0] }).first {
            (package.state, package.triggers) = ("triggers-awaited", Array(Set(others)).sorted())
        } else if let triggers = names.compactMap({ pending[$0] }).first {
            (package.state, package.triggers) = ("triggers-pending", Array(Set(triggers)).sorted())
        }
        return package
    }
}
