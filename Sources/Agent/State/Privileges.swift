import Glibc

/// Giving up root, so that a command run by an administrator leaves no file that the agent's user cannot read.
enum Privileges {
    /// Becomes the owner of the directory, with his groups, where the caller is root and the owner is not.
    static func becomeOwner(of directory: String) throws(AgentError) {
        guard geteuid() == 0, let owner = owner(of: directory), owner.user != 0 else { return }
        let account = getpwuid(owner.user)
        let group = account?.pointee.pw_gid ?? owner.group
        // Groups first: without root they can no longer be changed. The agent's own are what let it use a socket.
        let groups =
            if let name = account?.pointee.pw_name { initgroups(name, group) } else { setgroups(0, nil) }
        guard groups == 0, setgid(group) == 0, setuid(owner.user) == 0 else {
            throw AgentError(
                .permission, unableTo: "become the owner of \(directory)", String(cString: strerror(errno)),
                advice: "run the command as that user")
        }
    }

    /// The group of a directory; nil where there is no such directory.
    static func group(of directory: String) -> gid_t? { owner(of: directory)?.group }

    private static func owner(of path: String) -> (user: uid_t, group: gid_t)? {
        withUnsafeTemporaryAllocation(of: stat.self, capacity: 1) { buffer in
            guard let information = buffer.baseAddress, stat(path, information) == 0 else { return nil }
            return (information.pointee.st_uid, information.pointee.st_gid)
        }
    }
}
