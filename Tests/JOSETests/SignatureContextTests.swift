import Testing

@testable import JOSE

@Suite("The prepared contexts of a key")
struct SignatureContextTests {
    static let algorithms = SignatureAlgorithm.allCases.filter { !$0.isSymmetric && $0 != .EdDSA }

    @Test("are used again, and what was refused with them leaves no trace", arguments: algorithms)
    func again(_ algorithm: SignatureAlgorithm) throws {
        // Of its own: the other cases run at the same time.
        let key = try PrivateKey.generate(try #require(algorithm.defaultKeySpecification))
        for number in 0..<20 {
            let message = Array("message \(number)".utf8)
            let signature = try key.sign(message, with: algorithm)
            var broken = signature
            broken[signature.count / 2] ^= 1
            #expect(!key.publicKey.verifies(broken, of: message, with: algorithm))
            #expect(key.publicKey.verifies(signature, of: message, with: algorithm))
            #expect(!key.publicKey.verifies(signature, of: message + [0], with: algorithm))
            #expect(!key.publicKey.verifies(signature.map { _ in 0xFF }, of: message, with: algorithm))
            #expect(key.publicKey.verifies(signature, of: message, with: algorithm))
        }
        #expect(key.handle.contexts.count + key.publicKey.handle.contexts.count <= 4)
        #expect(key.publicKey.handle.contexts.count > 0)
    }

    @Test("are of one algorithm each")
    func algorithmsApart() throws {
        let key = try TestKeys.rsa()
        let algorithms: [SignatureAlgorithm] = [.RS256, .RS384, .RS512, .PS256, .PS384, .PS512]
        let message = Array("message".utf8)
        for _ in 0..<3 {
            for algorithm in algorithms {
                let signature = try key.sign(message, with: algorithm)
                for other in algorithms {
                    #expect(key.publicKey.verifies(signature, of: message, with: other) == (other == algorithm))
                }
            }
        }
    }

    @Test("are kept in a bounded number")
    func bounded() throws {
        let (contexts, key) = (SignatureContexts(), try TestKeys.rsa())
        let taken = (0..<100).compactMap { _ in contexts.take(.verifying, .RS256, of: key.handle.pointer) }
        #expect(taken.count == 100 && contexts.count == 0)
        for context in taken { contexts.putBack(context) }
        #expect(contexts.count == SignatureContexts.limit)
    }

    @Test("serve many threads at once")
    func threads() async throws {
        let key = try TestKeys.rsa()
        let messages = (0..<8).map { Array("message \($0)".utf8) }
        let signatures = try messages.map { try key.sign($0, with: .RS256) }
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        let (mine, other) = (round % 8, (round + 1) % 8)
                        #expect(key.publicKey.verifies(signatures[mine], of: messages[mine], with: .RS256))
                        #expect(!key.publicKey.verifies(signatures[mine], of: messages[other], with: .RS256))
                    }
                }
            }
        }
    }
}
