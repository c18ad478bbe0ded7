import Passwords
public import Upstream
public import Workers

/// Checks and makes password hashes on threads of their own: one check takes as long as thousands of other requests.
public struct PasswordHasher: Sendable {
    private let pool: WorkerPool
    private let life: UpstreamLife

    /// How many threads may hash on so many processors: one is left to those who wait for something else.
    public static func threads(processors: Int) -> Int { max(1, processors - 1) }

    /// - Parameters:
    ///   - pool: should be nice, so that a crowd at the login form does not slow anyone else down.
    ///   - life: at its end nobody waits for a hash any longer, which nothing can interrupt; its thread ends with the program.
    public init(pool: WorkerPool, life: UpstreamLife = UpstreamLife()) {
        self.pool = pool
        self.life = life
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
        let result = await life.wait { [pool] () -> Result<Value, Failure> in
            do { return .success(try await pool.run(work)) } catch is WorkerPoolFull {
                return .failure(.overloaded)
            } catch {
                return .failure(.failed("\(error)"))
            }
        }
        guard let result else { throw .failed("this provider ends") }
        return try result.get()
    }
}
