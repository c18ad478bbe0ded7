/// Why the store could not do what was asked. Texts are for operators and hold no secrets.
public enum StoreError: Error, Sendable, Hashable {
    /// Too many operations wait already: answer `503`.
    case overloaded
    /// Another process holds the lock for too long.
    case busy(String)
    case diskFull(String)
    case readOnly(String)
    case corrupt(String)
    /// The database was written by a newer program.
    case newerSchema(found: Int, known: Int)
    /// An object of that id exists already.
    case alreadyExists(String)
    /// Anything else, with the database's own words.
    case failed(String)
}
