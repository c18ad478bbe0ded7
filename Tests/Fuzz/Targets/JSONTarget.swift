import Bytes
import Foundation
import JOSE

/// A JSON text: what is read is written and read again, and Foundation reads the same.
struct JSONTarget: FuzzTarget {
    static let name = "json"

    func run(_ input: [UInt8]) {
        guard let value = try? JSON(parsing: input) else { return }
        let written = value.serialized()
        guard let again = try? JSON(parsing: written) else { fail("what was written is refused") }
        check(again.serialized() == written, "it is written in another way the second time")
        check(Self.isSame(value, again), "it is another when read again")
        guard let theirs = try? JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed]) else {
            fail("Foundation refuses it")
        }
        check(Self.agrees(value, theirs), "Foundation reads \(theirs)")
    }

    private static func isSame(_ one: JSON, _ other: JSON) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.string(let one), .string(let other)): one.hasSameBytes(as: other)
        case (.array(let one), .array(let other)): one.count == other.count && zip(one, other).allSatisfy { isSame($0, $1) }
        case (.object(let one), .object(let other)):
            one.count == other.count
                && zip(one.members, other.members).allSatisfy { $0.name.hasSameBytes(as: $1.name) && isSame($0.value, $1.value) }
        // `-0` is written with a fraction, or without.
        default: one.number != nil && one.number == other.number
        }
    }

    private static func agrees(_ ours: JSON, _ theirs: Any) -> Bool {
        switch ours {
        case .null: theirs is NSNull
        case .bool(let value): (theirs as? Bool) == value
        case .string(let value): (theirs as? String).map { $0.hasSameBytes(as: value) } ?? false
        case .integer(let value): (theirs as? NSNumber)?.int64Value == value
        // Foundation goes by way of Decimal where there are many digits, and may come out beside it, or not at all.
        case .number(let value):
            (theirs as? NSNumber).map { number in
                !(1e-100...1e100).contains(value.magnitude) || abs(number.doubleValue - value) <= value.magnitude * 1e-12
            } ?? false
        case .array(let values):
            (theirs as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy { agrees($0, $1) } } ?? false
        case .object(let object):
            // Foundation's dictionary takes canonically equal names for one.
            (theirs as? [String: Any]).map { $0.count <= object.count } ?? false
        }
    }
}
