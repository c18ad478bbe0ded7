import CLDAP
import Testing

@testable import Directory

@Suite("What a directory has against a new password") struct PasswordObjectionTests {
    @Test(
        arguments: [
            (3, PasswordObjection.notAllowed), (5, .tooSimple), (6, .tooShort), (7, .tooSoon), (8, .usedBefore), (4, .other),
        ])
    func `A password policy says by its number`(_ error: Int, _ objection: PasswordObjection) {
        #expect(PasswordObjection(code: LDAP_CONSTRAINT_VIOLATION, policyError: error, text: "") == objection)
    }

    @Test(
        arguments: [
            (
                "0000052D: Constraint violation - check_password_restrictions: the password is too short.",
                PasswordObjection.tooShort
            ),
            ("check_password_restrictions: the password does not meet the complexity criteria!", .tooSimple),
            ("check_password_restrictions: the password was already used (in history)!", .usedBefore),
            ("check_password_restrictions: password is too young to change!", .tooSoon),
            ("0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0", .other), ("", .other),
        ])
    func `Others say it in words, or not at all`(_ text: String, _ objection: PasswordObjection) {
        #expect(PasswordObjection(code: LDAP_CONSTRAINT_VIOLATION, policyError: nil, text: text) == objection)
    }

    @Test func `No right to write is one, too`() {
        #expect(PasswordObjection(code: LDAP_INSUFFICIENT_ACCESS, policyError: nil, text: "") == .notAllowed)
    }

    @Test func `Active Directory reads passwords in quotes and as UTF-16`() {
        #expect(Connection.quoted(Array("aé€".utf8)) == [0x22, 0, 0x61, 0, 0xE9, 0, 0xAC, 0x20, 0x22, 0])
    }
}
