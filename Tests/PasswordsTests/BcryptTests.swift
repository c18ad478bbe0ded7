import Passwords
import Testing

@Suite("bcrypt")
struct BcryptTests {
    let salt: [UInt8] = Array(0..<16)

    /// Vectors of the test suites of Openwall's crypt_blowfish and of jBCrypt.
    static let vectors: [(password: String, hash: String)] = [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
        (
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
        ),
        // Made by Apache's htpasswd.
        ("secret", "$2y$05$z2FB/2nni2W/VsaqJBmNBuoS6Xyk4RsyMSiiPF1dmUOBuyoXF1xQy"),
    ]

    @Test("known hashes match their passwords and no others", arguments: vectors)
    func known(_ password: String, _ hash: String) throws {
        let bcrypt = try Bcrypt(hash: hash)
        #expect(bcrypt.matches(Array(password.utf8)))
        for other in [password + " ", " " + password, password.uppercased() + "x", String(password.dropLast()) + "~"] {
            #expect(!bcrypt.matches(Array(other.utf8)))
        }
        #expect(bcrypt.hash == hash)
    }

    @Test("bytes above 127 are unsigned: the fault that $2x$ marks is not here")
    func signExtension() throws {
        let bcrypt = try Bcrypt(hash: "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq")
        #expect(bcrypt.matches([0xA3]))
        #expect(throws: BcryptError.malformedHash) {
            try Bcrypt(hash: "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaRKGuOlM3fGHy0XLOKZwNGsO")
        }
    }

    @Test("a new hash is $2b$ with the cost and the salt given, and matches")
    func new() throws {
        let hash = try Bcrypt.hash(Array("password".utf8), cost: 5, salt: salt)
        #expect(hash.hasPrefix("$2b$05$..CA.uOD/eaGAOmJB.yMBu"))
        let bcrypt = try Bcrypt(hash: hash)
        #expect(bcrypt.cost == 5)
        #expect(bcrypt.matches(Array("password".utf8)))
        #expect(!bcrypt.matches(Array("Password".utf8)))
        #expect(try Bcrypt.hash(Array("password".utf8), cost: 5, salt: salt) == hash)
        #expect(try Bcrypt.hash(Array("password".utf8), cost: 5, salt: salt.reversed()) != hash)
    }

    @Test("72 bytes are hashed to the last one; 73 are refused, as bcrypt would cut them")
    func length() throws {
        let longest = [UInt8](repeating: UInt8(ascii: "a"), count: 72)
        let bcrypt = try Bcrypt(hash: Bcrypt.hash(longest, cost: 4, salt: salt))
        #expect(bcrypt.matches(longest))
        #expect(!bcrypt.matches(longest.dropLast() + [UInt8(ascii: "b")]))
        #expect(!bcrypt.matches(longest + [UInt8(ascii: "a")]))
        #expect(throws: BcryptError.tooLong(bytes: 73)) {
            try Bcrypt.hash(longest + [UInt8(ascii: "a")], cost: 4, salt: salt)
        }
    }

    @Test("a NUL byte is refused wherever it stands, as bcrypt would stop there", arguments: [0, 1, 3])
    func nul(_ position: Int) throws {
        var password = Array("abc".utf8)
        password.insert(0, at: position)
        #expect(throws: BcryptError.containsNUL) { try Bcrypt.hash(password, cost: 4, salt: salt) }
        let cut = try Bcrypt(hash: Bcrypt.hash(Array(password[..<position]), cost: 4, salt: salt))
        #expect(!cut.matches(password))
    }

    @Test(
        "what is no hash is refused",
        arguments: [
            "", "$", "*0", "$2b$05$", "plain", "$1$abc$def", "$6$salt$hash",
            "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx",
            "$2c$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$3a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "x2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$5$CCCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$05.CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO=W",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO W",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO\0W",
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOé",
            " $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        ])
    func malformed(_ hash: String) {
        #expect(throws: BcryptError.malformedHash) { try Bcrypt(hash: hash) }
    }

    @Test("costs are 4 to 16", arguments: [-1, 0, 3, 17, 20, 31, 32, 99, 1 << 40])
    func costs(_ cost: Int) throws {
        #expect(throws: BcryptError.unacceptableCost(cost)) { try Bcrypt.hash([], cost: cost, salt: salt) }
        guard (0...99).contains(cost) else { return }
        let text = "$2a$\(cost < 10 ? "0" : "")\(cost)$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        #expect(throws: BcryptError.unacceptableCost(cost)) { try Bcrypt(hash: text) }
        #expect(try Bcrypt(hash: text.replacing("$\(cost < 10 ? "0" : "")\(cost)$", with: "$16$")).cost == 16)
    }

    @Test("the salt has 16 bytes", arguments: [0, 15, 17])
    func saltLength(_ count: Int) {
        #expect(throws: BcryptError.invalidSalt) {
            try Bcrypt.hash([], cost: 4, salt: [UInt8](repeating: 1, count: count))
        }
    }

    @Test("changing any character of salt or digest breaks the match")
    func tampered() throws {
        let password = Array("password".utf8)
        let hash = Array(try Bcrypt.hash(password, cost: 4, salt: salt).utf8)
        for index in 7..<60 {
            var changed = hash
            changed[index] = changed[index] == UInt8(ascii: "e") ? UInt8(ascii: "O") : UInt8(ascii: "e")
            #expect(try !Bcrypt(hash: String(decoding: changed, as: UTF8.self)).matches(password))
        }
    }

    @Test("many threads hash at once without disturbing each other")
    func concurrency() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let password = Array("password \(number)".utf8)
                    let salt = [UInt8](repeating: UInt8(number), count: 16)
                    let bcrypt = try Bcrypt(hash: Bcrypt.hash(password, cost: 4, salt: salt))
                    #expect(bcrypt.matches(password))
                    #expect(!bcrypt.matches(Array("password \(number + 1)".utf8)))
                }
            }
            try await group.waitForAll()
        }
    }
}
