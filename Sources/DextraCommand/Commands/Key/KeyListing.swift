import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect

/// What a key does at a moment.
enum KeyState: String, Sendable, Hashable {
    /// Published, and signs later.
    case next
    case active
    /// No longer signs; published for the tokens that it signed.
    case retired
}

/// The published keys, newest first.
struct KeyListing: Sendable {
    struct Row: Sendable, Hashable {
        let key: StoredSigningKey
        let state: KeyState
    }

    let rows: [Row]
    private let now: Date

    init(_ keys: [StoredSigningKey], schedule: KeySchedule, now: Date) {
        self.now = now
        let active = schedule.active(of: keys, at: now)?.keyID.exact
        rows = schedule.published(of: keys, at: now).sorted { $0.activatesAt > $1.activatesAt }.map { key in
            Row(key: key, state: key.keyID.exact == active ? .active : key.activatesAt > now ? .next : .retired)
        }
    }

    func row(of keyID: String) -> Row? {
        rows.first { $0.key.keyID.hasSameBytes(as: keyID) }
    }

    var json: JSON { .array(rows.map(\.json)) }

    var text: String {
        Table(
            ["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"],
            rows: rows.map { row in
                [
                    row.key.keyID, row.key.algorithm.rawValue, row.state.rawValue, time(row.key.activatesAt),
                    row.key.expiresAt.map(time) ?? "replaced",
                ]
            }
        ).text
    }

    private func time(_ date: Date) -> String {
        "\(Timestamp(date).text) (\(RelativeTime(date, now: now)))"
    }
}

extension KeyListing.Row {
    /// Public parts only.
    var json: JSON {
        [
            "kid": .string(key.keyID), "algorithm": .string(key.algorithm.rawValue), "state": .string(state.rawValue),
            "createdAt": .string(Timestamp(key.createdAt).text), "activatesAt": .string(Timestamp(key.activatesAt).text),
            "expiresAt": key.expiresAt.map { .string(Timestamp($0).text) } ?? .null,
        ]
    }
}
