import Bytes
import FoundationEssentials
import OpenIDConnect
import Web

@testable import Edge
@testable import EdgeServer

/// A form or a query, read by all who read them.
struct FormTarget: FuzzTarget {
    static let name = "form"

    private let identity = EdgeIdentity(
        evidence: .bearer, issuer: "i", subject: "s", email: "kim@kxample.org", groups: ["K8s-admins", "caf\u{e9}"],
        expiresAt: .distantFuture)

    func run(_ input: [UInt8]) {
        guard let form = try? FormFields(parsing: input) else { return }
        let written = form.fields.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
            .joined(separator: "&")
        guard let again = try? FormFields(parsing: written) else { fail("what was read, \(written), is refused") }
        check(again.fields.count == form.fields.count, "\(again.fields.count) of \(form.fields.count) come back")
        for (before, after) in zip(form.fields, again.fields) {
            check(before.name.hasSameBytes(as: after.name) && before.value.hasSameBytes(as: after.value), "\(before), \(after)")
        }
        guard let query = String(validating: input, as: UTF8.self) else { return }
        let repeated = form.repeated
        for field in form.fields {
            let same = form.fields.filter { $0.name.hasSameBytes(as: field.name) }
            check((same.count > 1) == repeated.containsExactly(field.name), "\(field.name) comes \(same.count) times")
            check(form.all(field.name).count == same.count, "all() of \(field.name) gives others")
            check(form[field.name]?.hasSameBytes(as: same[0].value) == true, "the value of \(field.name) is another's")
            // `+` in a name is a space for forms only.
            guard !query.containsByte("+"), let value = QueryText.value(of: field.name, in: query) else { continue }
            check(
                value.isEmpty || same.count == 1 && value.hasSameBytes(as: field.value),
                "\(field.name) is \(value) or \(field.value)"
            )
        }
        checkAllowed(query, form)
    }

    /// Who is let in is named there, byte by byte but for ASCII's case of addresses.
    private func checkAllowed(_ query: String, _ form: FormFields) {
        guard let list = try? AllowedList(query: query), list.allows(identity) else { return }
        func items(_ name: String) -> [Substring]? {
            let values = form.fields.filter { $0.name.hasSameBytes(as: name) }.map(\.value)
            return values.isEmpty ? nil : values.flatMap { $0.cut(at: ",") }.map { $0.trimmed { $0 == 0x20 } }
        }
        if let groups = items("allowed_groups") {
            check(identity.groups.contains { group in groups.contains { $0.hasSameBytes(as: group) } }, "groups \(groups)")
        }
        if let emails = items("allowed_emails"), let email = identity.email {
            check(emails.contains { $0.hasSameBytesFoldingASCII(as: email) }, "emails \(emails)")
        }
        if let domains = items("allowed_email_domains") {
            let allowed = domains.contains { domain in
                domain == "*" || domain.hasSameBytesFoldingASCII(as: "kxample.org")
                    || [".org", "*.org"].contains { domain.hasSameBytesFoldingASCII(as: $0) }
            }
            check(allowed, "domains \(domains)")
        }
    }
}
