import Bytes

/// Whether two values hold the same, down to each byte of their texts.
///
/// `==` of settings takes texts for the same that are canonically equivalent, so that a reload would overlook that a group or a host
/// is spelled with other code points now. Only for what is rarely asked: it looks into the values by reflection.
func isSameByBytes<Value>(_ left: Value, _ right: Value) -> Bool {
    isSame(left, right)
}

private func isSame(_ left: Any, _ right: Any) -> Bool {
    if let text = left as? String { return (right as? String).map { $0.hasSameBytes(as: text) } ?? false }
    let (ours, theirs) = (Mirror(reflecting: left), Mirror(reflecting: right))
    if ours.displayStyle == .dictionary, theirs.displayStyle == .dictionary {
        let (entries, others) = (sorted(ours), sorted(theirs))
        return entries.map(\.key) == others.map(\.key) && zip(entries, others).allSatisfy { isSame($0.value, $1.value) }
    }
    if ours.displayStyle == .set || (ours.children.isEmpty && theirs.children.isEmpty) {
        guard let value = left as? any Equatable else { return type(of: left) == type(of: right) }
        return isEqual(value, right)
    }
    return ours.children.count == theirs.children.count
        && zip(ours.children, theirs.children).allSatisfy { $0.label?.exact == $1.label?.exact && isSame($0.value, $1.value) }
}

/// The entries of a dictionary in the order of their keys, which are texts, numbers or words of an enumeration.
private func sorted(_ dictionary: Mirror) -> [(key: ExactText, value: Any)] {
    dictionary.children.compactMap { entry in
        let parts = Array(Mirror(reflecting: entry.value).children)
        return parts.count == 2 ? (String(describing: parts[0].value).exact, parts[1].value) : nil
    }.sorted { $0.key < $1.key }
}

private func isEqual<Value: Equatable>(_ left: Value, _ right: Any) -> Bool {
    (right as? Value) == left
}
