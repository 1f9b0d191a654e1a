/// What `apt-cache policy NAME…` printed: each package's versions, where they come from and which one APT would take.
struct APTPolicy: Equatable {
    struct Version: Equatable {
        var version: String
        var priority: Int
        /// Of `Phased-Update-Percentage`, where it is below 100.
        var phasedPercent: Int?
        var sources: [Source]
    }

    struct Source: Equatable {
        var priority: Int
        /// As in the list of package files: `http://deb.debian.org/debian bookworm/main amd64 Packages`.
        var description: String

        /// dpkg's database is not a source that anything can be fetched from.
        var isInstalledDatabase: Bool { description.hasSuffix("/dpkg/status") }
    }

    struct Package: Equatable {
        var name: String
        /// Where it is of a foreign architecture.
        var qualifier: String?
        var installed: String?
        var candidate: String?
        var versions: [Version] = []
    }

    var packages: [Package] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            if line.first != " " {
                guard line.hasSuffix(":") else { continue }
                let name = line.dropLast()
                if let colon = name.firstIndex(of: ":") {
                    packages.append(
                        Package(name: String(name[..<colon]), qualifier: String(name[name.index(after: colon)...])))
                } else {
                    packages.append(Package(name: String(name)))
                }
            } else if !packages.isEmpty {
                Self.read(line, into: &packages[packages.count - 1])
            }
        }
    }

    private static func read(_ line: Substring, into package: inout Package) {
        if line.hasPrefix("  Installed: ") {
            package.installed = version(line.dropFirst(13))
        } else if line.hasPrefix("  Candidate: ") {
            package.candidate = version(line.dropFirst(13))
        } else if line.hasPrefix(" *** ") || (line.hasPrefix("     ") && line.dropFirst(5).first != " ") {
            let words = line.dropFirst(5).words
            guard words.count >= 2, let priority = Int(words[1]) else { return }
            var found = Version(version: String(words[0]), priority: priority, sources: [])
            if words.count >= 4, words[2] == "(phased" {
                found.phasedPercent = Int(words[3].prefix { $0.isNumber })
            }
            package.versions.append(found)
        } else if line.hasPrefix("       "), !package.versions.isEmpty {
            let rest = line.drop { $0 == " " }
            guard let end = rest.firstIndex(of: " "), let priority = Int(rest[..<end]) else { return }
            let description = rest[end...].trimmed
            package.versions[package.versions.count - 1].sources.append(
                Source(priority: priority, description: description))
        }
    }

    private static func version(_ text: Substring) -> String? { text == "(none)" ? nil : String(text) }
}

/// What `apt-cache policy` without names printed: the package files that APT reads and what their releases say.
struct APTPackageFiles: Equatable {
    struct File: Equatable {
        var priority: Int
        var description: String
        /// `o`, `l`, `a`, `n`, `v`, `c`, `b`: origin, label, suite, codename, version, component, architecture.
        var release: [Character: String] = [:]

        var origin: String? { release["o"] }
        var label: String? { release["l"] }
        var suite: String? { release["a"] }
        var codename: String? { release["n"] }
    }

    var files: [File] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix("     release ") {
                guard !files.isEmpty else { continue }
                files[files.count - 1].release = Self.release(line.dropFirst(13))
            } else if line.hasPrefix("Pinned packages") {
                break
            } else if line.hasPrefix(" "), !line.hasPrefix("     origin ") {
                let rest = line.drop { $0 == " " }
                guard let end = rest.firstIndex(of: " "), let priority = Int(rest[..<end]) else { continue }
                files.append(File(priority: priority, description: rest[end...].trimmed))
            }
        }
    }

    /// `v=12.15,o=Debian,a=oldstable`: a comma belongs to a value unless a letter and `=` follow it.
    private static func release(_ text: Substring) -> [Character: String] {
        var result: [Character: String] = [:]
        var key: Character?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if let first = part.first, first.isLetter, part.dropFirst().first == "=" {
                key = first
                result[first] = String(part.dropFirst(2))
            } else if let key {
                result[key, default: ""] += "," + part
            }
        }
        return result
    }
}
