import Bytes
import Directory
import FoundationEssentials
import OpenIDConnect

/// What an entry says about whether its owner may come in. Servers say it at a login, too; at a refresh nobody else does.
struct AccountState: Sendable {
    private let entry: Entry

    init(_ entry: Entry) {
        self.entry = entry
    }

    /// Of Active Directory, 389 Directory Server and OpenLDAP's password policy.
    static let attributes = ["userAccountControl", "accountExpires", "nsAccountLock", "pwdAccountLockedTime"]

    func denial(at now: Date) -> LoginDenial? {
        // 2: ACCOUNTDISABLE (MS-ADTS §2.2.16).
        if let flags = entry.text("userAccountControl").flatMap({ Int($0) }), flags & 2 != 0 { return .accountDisabled }
        if entry.text("nsAccountLock")?.asciiLowercased == "true" { return .accountDisabled }
        // "Locked until an administrator unlocks it" (draft-behera-ldap-password-policy-10 §5.3.3).
        if entry.text("pwdAccountLockedTime") == "000001010000Z" { return .accountLocked }
        // Tenths of microseconds since 1601; 0 and the greatest number are "never" (MS-ADA1 §2.1).
        if let ticks = entry.text("accountExpires").flatMap({ Int64($0) }), ticks > 0, ticks < .max {
            let expiry = Date(timeIntervalSince1970: Double(ticks) / 10_000_000 - 11_644_473_600)
            if expiry <= now { return .accountExpired }
        }
        return nil
    }
}
