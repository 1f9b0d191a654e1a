extension Statement {
    /// Every statement that the hub sends, in one list: tests prepare them all on a real PostgreSQL, and explain those
    /// that read on a filled database. A statement that is not here fails a test.
    static let registry: [Statement] =
        Migrations.registered + TrustStatements.all + MachineStatements.all + ArchiveStatements.all
        + HubMessages.statements + MachineWatch.statements + CloneWatch.statements + MachineSplit.statements
        + TagRules.statements + QuarantineStatements.all + Derivers.statements + Rollup.statements
        + Retention.statements
        + HubRecorder.statements + Rederive.statements + StoreCheck.statements + QueryStatements.all
        + ImageCandidates.all
}
