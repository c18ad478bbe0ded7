import JOSE
import Passwords
import Testing

@testable import dextra

@Suite("A new password")
struct NewPasswordTests {
    static let goodCases: [String] = [
        "12345678", "correct horse battery staple", "pässwörd", "🐎🐎🐎🐎🐎🐎🐎🐎", " spaces count ", String(repeating: "a", count: 72),
        String(repeating: "ä", count: 36),
    ]

    @Test("is taken, and its hash is of it alone", arguments: goodCases)
    func good(_ text: String) throws {
        let password = try NewPassword(Array(text.utf8))
        let hash = try Bcrypt(hash: try password.hash(cost: try #require(HashCost(4)), random: SystemRandom()))
        #expect(hash.cost == 4)
        #expect(hash.matches(Array(text.utf8)))
        #expect(!hash.matches(Array((text.dropLast() + "x").utf8)))
    }

    static let badCases: [([UInt8], PasswordProblem)] = [
        ([], .empty),
        (Array("1234567".utf8), .tooShort),
        (Array("ääää".utf8), .tooShort),
        (Array(repeating: 97, count: 73), .tooLong(bytes: 73)),
        (Array(String(repeating: "ä", count: 37).utf8), .tooLong(bytes: 74)),
        (Array("long enough\0or not".utf8), .containsNUL),
        ([0], .containsNUL),
        (Array("long enough".utf8) + [0xFF], .notUTF8),
    ]

    @Test("is refused with its reason, which does not repeat it", arguments: badCases)
    func bad(_ bytes: [UInt8], _ problem: PasswordProblem) {
        #expect(throws: problem) { try NewPassword(bytes) }
        #expect(bytes.isEmpty || !problem.description.contains(String(decoding: bytes, as: UTF8.self)))
    }

    @Test("prints as stars")
    func printing() throws {
        let password = try NewPassword(Array("correct horse".utf8))
        #expect("\(password)" == "***")
        #expect(String(reflecting: password) == "***")
        var dumped = ""
        dump(password, to: &dumped)
        #expect(!dumped.contains("99"))
    }

    @Test(
        "is hashed at a cost from 4 to 16",
        arguments: [(3, false), (4, true), (10, true), (16, true), (17, false), (20, false), (31, false)])
    func cost(_ cost: Int, _ isAccepted: Bool) {
        #expect((HashCost(argument: "\(cost)") != nil) == isAccepted)
    }
}
