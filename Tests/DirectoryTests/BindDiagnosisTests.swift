import CLDAP
import Testing

@testable import Directory

@Suite("What a directory says about a password") struct BindDiagnosisTests {
    private func microsoft(_ data: String) -> String {
        "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data \(data), v2580"
    }

    private func result(_ text: String, code: Int32 = LDAP_INVALID_CREDENTIALS, policy: Int? = nil) -> BindResult {
        BindDiagnosis(code: code, diagnostic: text, policyError: policy).result
    }

    @Test(
        "is told to people where Active Directory says it only to who has the right password",
        arguments: [
            ("530", BindDenial.outsideLogonHours), ("531", .outsideLogonHours), ("532", .passwordExpired),
            ("533", .accountDisabled), ("701", .accountExpired), ("773", .passwordExpired),
        ])
    func activeDirectory(_ data: String, _ denial: BindDenial) {
        #expect(result(microsoft(data)) == .denied(denial, microsoft(data)))
    }

    @Test("is kept from people where anybody's guess gets the same answer", arguments: ["525", "52e", "775", "57", "", "zzz"])
    func strangers(_ data: String) {
        guard case .rejected(let text) = result(microsoft(data)) else {
            Issue.record("a stranger was told something")
            return
        }
        #expect(text.contains(microsoft(data)))
    }

    @Test("is not read into a server's text that is about something else")
    func otherText() {
        guard case .rejected = result("no such data 533, sorry") else {
            Issue.record("a text that Active Directory does not write was believed")
            return
        }
    }

    @Test("is an expired password only when the policy says so after the right password")
    func policy() {
        #expect(result("", policy: 0) == .denied(.passwordExpired, "the password has expired"))
        // Locked is said to everybody.
        #expect(result("", policy: 1) == .rejected("the account is locked"))
        #expect(result("", code: LDAP_SUCCESS) == .accepted)
        #expect(
            result("", code: LDAP_SUCCESS, policy: 2) == .mustChangePassword("the password policy wants another password"))
    }

    @Test("is that somebody has come in by grace, also for the last time", arguments: [0, 1, 5])
    func grace(_ left: Int) {
        let diagnosis = BindDiagnosis(code: LDAP_SUCCESS, diagnostic: "", graceLeft: left)
        #expect(diagnosis.result == .acceptedByGrace(left: left))
    }

    @Test(
        "never makes a refusal a success",
        arguments: [LDAP_INVALID_CREDENTIALS, LDAP_UNWILLING_TO_PERFORM, LDAP_CONSTRAINT_VIOLATION])
    func refusals(_ code: Int32) {
        for policy in [nil, 0, 1, 2, 3, 8] as [Int?] {
            #expect(BindDiagnosis(code: code, diagnostic: "", policyError: policy, hasExpiredControl: true).result != .accepted)
        }
    }
}
