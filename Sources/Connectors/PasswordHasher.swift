import Passwords
public import Workers

/// Checks and makes password hashes on threads of their own: one check takes as long as thousands of other requests.
public struct PasswordHasher: Sendable {
    private let pool: WorkerPool

    /// - Parameter pool: should be nice, so that a crowd at the login form does not slow anyone else down.
    public init(pool: WorkerPool) {
        self.pool = pool
    }

    enum Failure: Error {
        case overloaded
        case failed(String)
    }

    /// - Returns: whether the password fits; never for one of over 72 bytes, which bcrypt would silently cut.
    func matches(_ password: [UInt8], hash: String) async throws(Failure) -> Bool {
        try await run { try Bcrypt(hash: hash).matches(password) }
    }

    /// - Parameter salt: 16 random bytes.
    func hash(_ password: [UInt8], cost: Int, salt: [UInt8]) async throws(Failure) -> String {
        try await run { try Bcrypt.hash(password, cost: cost, salt: salt) }
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws(Failure) -> Value {
        do { return try await pool.run(work) } catch is WorkerPoolFull {
            throw .overloaded
        } catch {
            throw .failed("\(error)")
        }
    }
}
