import Glibc

/// Where this checkout's files are, found from a source file's own path; symbolic links are followed, so that a package
/// that links to these sources finds them too.
package enum Repository {
    /// The directory that holds `contracts`, `Sources` and `Tests`.
    package static let root: String = {
        let path = resolve(#filePath)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }()

    package static func resolve(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The bytes of a file, by its path from the root.
    package static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen("\(root)/\(path)", "re") else { throw Missing(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The names in a directory without those that begin with a dot, sorted.
    package static func names(in path: String) throws -> [String] {
        guard let directory = opendir("\(root)/\(path)") else { throw Missing(path: path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    package struct Missing: Error, CustomStringConvertible {
        package var path: String
        package var description: String { "unable to read \(path) below \(Repository.root)" }
    }
}
