import Contracts

/// What operator routes work with.
struct OperatorEnvironment: Sendable {
    let store: SQLiteStore
    /// Where the database, the authority and the socket are.
    let dataDirectory: String
    /// When this process began to serve.
    let startedAt: Timestamp
    /// Since when machines are heard.
    let attention: HubAttention
}
