/// Why a command ends: one sentence on standard error, and an exit status of sysexits.h(3head).
struct CommandFailure: Error, CustomStringConvertible {
    enum Status: Int32, Sendable {
        /// The command line is wrong.
        case usage = 64
        /// What the command works on is not there.
        case noInput = 66
        /// Something that is needed is in use or does not answer: a port, a lock.
        case unavailable = 69
        /// A fault of the program's, or a damaged database.
        case software = 70
        /// A file or directory cannot be made: also a full disk.
        case cannotCreate = 73
        case noPermission = 77
        /// The configuration is wrong.
        case configuration = 78
    }

    let status: Status
    /// A sentence in lower case that says what to do.
    let description: String

    init(_ status: Status, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Any error as a command's end.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let failure as ConfigurationFailure: self.init(.configuration, failure.description)
        case let failure as CertificateAuthority.Failure: self.init(.configuration, failure.description)
        case let failure as SecretFile.Failure:
            self.init(failure.isPermission ? .noPermission : .cannotCreate, failure.description)
        case let failure as StoreFailure:
            let status: Status =
                switch failure.code {
                case .storageFull: .cannotCreate
                case .notAccessible: .noPermission
                case .newerDatabase, .olderDatabase: .configuration
                case .busy: .unavailable
                case .damaged, .other: .software
                }
            self.init(status, failure.message)
        default: self.init(.software, "\(error)")
        }
    }
}
