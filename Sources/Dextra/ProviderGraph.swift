import Connectors
import DexConfiguration
import FoundationEssentials
import JOSE
import Logging
import OpenIDConnect
import Persistence
import Upstream
import Web
import Workers

/// Everything a provider is made of, built once from a configuration, in the order of the arrows in docs/architecture.md.
struct ProviderGraph: Sendable {
    let settings: ProviderSettings
    let store: SQLiteStore
    let clients: ClientDirectory
    /// Nil: the edge has no login at this provider.
    let edgeClient: EdgeClient?
    let local: LocalConnector?
    let connectors: ConnectorSet
    let ring: KeyRing
    let keys: any KeySource
    let sealers: SealerSource
    let revocations: RevocationList
    let parts: ProviderParts
    let documents: PreparedDocuments
    let metrics: Metrics
    /// Ends with the provider, so that nobody waits for another server then.
    let life = UpstreamLife()
    /// Ends later, as a password that is being checked is part of an answer that has begun.
    let hashingLife = UpstreamLife()

    /// Opens the store and reads what requests need at once. The first signing key may still be in the making.
    init(_ configuration: Configuration, options: ProviderOptions, logger: Logger, metrics: Metrics) async throws {
        settings = ProviderSettings(configuration)
        self.metrics = metrics
        let log = ProviderLog(logger: logger, metrics: metrics)
        let clock = options.clock
        let random = options.random
        let location = SQLiteStore.Location(configuration.storage)
        let store: SQLiteStore
        do throws(StoreError) { store = try SQLiteStore(location: location) } catch {
            throw StartError(error, location: location.description)
        }
        self.store = store
        edgeClient = try EdgeClient(configuration, random: random)
        clients = ClientDirectory(static: configuration.clients(with: edgeClient), store: store)

        // Nice, so that a crowd at the login form slows down nobody else.
        let passwordPool = WorkerPool(
            name: "passwords", threads: PasswordHasher.threads(processors: options.threads), queueLimit: 256, niceness: 15)
        // Only key pairs are made there.
        let keyPool = WorkerPool(name: "keys", threads: 1, queueLimit: 8)
        // A signature takes a fraction of a millisecond; a crowd after nine o'clock should wait, not be sent away.
        let samlPool = WorkerPool(name: "saml", threads: options.threads, queueLimit: 512)
        // Small files of connectors that others renew.
        let files = FileReading(pool: WorkerPool(name: "files", threads: 1, queueLimit: 64), readFile: options.readFile)
        local =
            configuration.enablePasswordDB
            ? LocalConnector(
                static: configuration.staticPasswords.map { User($0, now: clock.now) }, store: store,
                hasher: PasswordHasher(pool: passwordPool, life: hashingLife), cost: configuration.passwords.bcryptCost,
                clock: clock,
                random: random, log: log)
            : nil

        ring = KeyRing()
        let schedule = KeySchedule(rotationPeriod: configuration.signer.rotationPeriod, tokenLifetime: settings.tokenLifetime)
        keys = try Self.keySource(configuration.signer, store, ring, schedule, options, log, keyPool)
        sealers = SealerSource(store: store, clock: clock, random: random, events: log)
        try await sealers.refresh()
        revocations = RevocationList()
        revocations.add(try await store.revocations(after: 0), now: clock.now)
        // Every one of these holds a request open; more than this no client waits for.
        let signer = BoundedSigner(ring: ring, clock: clock, limit: 1024)
        documents = PreparedDocuments(settings: settings, ring: ring, keysMaximumAge: schedule.maximumAge)
        connectors = try ConnectorSet(
            configuration.connectors,
            factory: ConnectorFactory(
                local: local, clock: clock, random: random, assertions: store, samlPool: samlPool,
                pools: PoolWatch(log.counts), logger: logger, events: log,
                proxies: ProxyRules(environment: options.environment), life: life, environment: options.environment,
                files: files))
        parts = ProviderParts(
            settings: settings, clients: clients,
            connectors: connectors.registry, grants: store,
            assertions: store,
            revocations: revocations, ring: ring, signer: signer, sealers: sealers,
            clock: clock, random: random, events: log)
        log.counts.watch(passwordPool)
        log.counts.watch(samlPool)
        metrics.gauge("dextra_queue_depth", help: "Jobs that wait for a thread, by pool.", labels: [("pool", "signing")]) {
            Double(signer.depth)
        }
        log.counts.watchKeyAge { [ring] in ring.current.map { max(0, clock.now.timeIntervalSince($0.activeSince)) } }
        metrics.gauge("dextra_queue_depth", help: "Jobs that wait for a thread, by pool.", labels: [("pool", "store")]) {
            Double(store.writeQueueDepth)
        }
        metrics.addProcess(version: options.version)
    }

    private static func keySource(
        _ signer: Configuration.Signer, _ store: SQLiteStore, _ ring: KeyRing, _ schedule: KeySchedule,
        _ options: ProviderOptions,
        _ log: ProviderLog, _ pool: WorkerPool
    ) throws -> any KeySource {
        switch signer {
        case .local:
            return KeyKeeper(
                store: store, ring: ring, schedule: schedule, algorithm: signer.algorithm ?? .RS256, clock: options.clock,
                events: log
            ) { specification in try await pool.run { try PrivateKey.generate(specification) } }
        case .files(let files):
            let read = { @Sendable path in
                do { return try options.readFile(path) } catch { throw KeyFileError(path: path, reason: "\(error)") }
            }
            let passphrase = try files.passphraseFile.map { path in
                try read(path).firstLine
            }
            return KeyFiles(
                paths: files.keys, passphrase: passphrase, algorithm: signer.algorithm, store: store, ring: ring,
                schedule: schedule,
                clock: options.clock, events: log, read: read)
        }
    }
}

extension SQLiteStore.Location {
    init(_ storage: Configuration.Storage) {
        switch storage {
        case .memory: self = .memory
        case .sqlite3(let file): self = file == ":memory:" ? .memory : .file(file)
        }
    }
}
