import Contracts

/// What an administrator does with a machine as such, inside a transaction.
struct MachineAdministration {
    let connection: any SQLConnection

    func find(_ name: String) throws -> Int64 {
        guard let id = try connection.row(MachineStatements.byName, name)?["machine_id"].integer else {
            throw CommandFailure(.noInput, "no machine is called \(name); vigie-hub machine list shows them")
        }
        return id
    }

    func rename(_ name: String, to new: String) throws {
        let machine = try find(name)
        guard try connection.row(MachineStatements.byName, new) == nil else {
            throw CommandFailure(.usage, "another machine is called \(new) already")
        }
        try connection.run(MachineStatements.rename, machine, new)
    }

    /// Ends the machine's token; it can enrol again.
    func revoke(_ name: String, reason: String, at now: Timestamp) throws -> Int {
        try connection.run(TrustStatements.credentialsRevoke, try find(name), now, reason)
    }

    /// Out of service: no token, not expected any more, in no list; what it reported stays.
    func retire(_ name: String, at now: Timestamp) throws {
        let machine = try find(name)
        _ = try connection.run(TrustStatements.credentialsRevoke, machine, now, "retired")
        guard try connection.run(MachineStatements.retire, machine, now) == 1 else {
            throw CommandFailure(.noInput, "\(name) is retired already")
        }
        try connection.run(
            MachineStatements.hubEvent, machine, "hub-retired-\(now.milliseconds)", now, "retired",
            "retired by an administrator")
    }

    /// Erases the machine: identity, tokens, tables, archive, quarantine.
    func delete(_ name: String) throws {
        let machine = try find(name)
        try MetricsDeriver.erase(machine, from: connection)
        try connection.run(MachineStatements.delete, machine)
    }
}
