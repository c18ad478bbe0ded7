import OpenIDConnect
import Workers

/// Reads small files that others renew, on a thread that may wait for a disk.
struct FileReading: Sendable {
    let pool: WorkerPool
    let readFile: @Sendable (String) throws -> String

    /// A text of one line.
    func line(_ path: String) async throws(ConnectorError) -> String {
        try await text(path).firstLine
    }

    func text(_ path: String) async throws(ConnectorError) -> String {
        do {
            return try await pool.run { [readFile] in try readFile(path) }
        } catch is WorkerPoolFull {
            throw .overloaded
        } catch {
            throw .unavailable("the file \(path) cannot be read: \(error)")
        }
    }
}
