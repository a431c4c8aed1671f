//! The dashboard of a real controller on the real control plane: who is let in, what they see, what they change, and what
//! is refused. The identity provider is simulated; everything else is real.
#![expect(clippy::unwrap_used, reason = "a test may stop at what cannot be")]

#[path = "dashboard/browser.rs"]
mod browser;
#[path = "dashboard/grafana.rs"]
mod grafana;
#[path = "dashboard/issuer.rs"]
mod issuer;

use std::path::PathBuf;
use std::time::Duration;

use http::Method;
use prescale_testbed::{Dashboard, NAMESPACE, Prescale, Process, RELEASE, Settings, Testbed, until};
use serde_json::{Value, json};

use browser::{Answer, Browser};
use issuer::{Flaw, Issuer};

/// A watch tells, a process starts: seconds, and a minute on a machine that is busy.
const WITHIN: Duration = Duration::from_secs(60);
/// As the API server names Ada.
const ADA: &str = "system:serviceaccount:live:ada";

struct World {
    bed: Testbed,
    dashboard: Dashboard,
    issuer: Issuer,
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_change_what_their_roles_let_them_and_nothing_else() {
    let world = World::start().await;
    world.nobody_is_let_in_without_a_token().await;
    world.people_see_what_their_roles_let_them().await;
    world.changes_are_made_with_own_rights().await;
    world.forged_changes_are_refused().await;
    world.the_setup_names_what_fails_to_who_may_see_it().await;
    world.an_identity_provider_lets_people_in().await;
    world.tokens_that_are_wrong_let_nobody_in().await;
    world.a_provider_of_a_strange_authority_is_not_asked().await;
    grafana::panels_show_what_prometheus_has(&world.dashboard).await;
    world.sessions_outlive_a_restart_and_end_in_time().await;
    world.everybody_looks_where_the_operator_says_so().await;
    world.each_change_and_refusal_is_written_down();
}

impl World {
    async fn start() -> Self {
        let bed = Testbed::start(Settings { nodes: 1, ..Settings::default() }).await.unwrap();
        let issuer = Issuer::start(bed.folder()).await;
        let secret = bed.folder().join("client-secret");
        std::fs::write(&secret, format!("{}\n", issuer::SECRET)).unwrap();
        let flags = vec![
            format!("--dashboard-oidc-issuer={}", issuer.url),
            format!("--dashboard-oidc-client-id={}", issuer::CLIENT),
            format!("--dashboard-oidc-client-secret-file={}", secret.display()),
            format!("--dashboard-oidc-ca={}", issuer.ca.display()),
            "--dashboard-oidc-username-prefix=oidc:".to_owned(),
            "--dashboard-oidc-groups-claim=groups".to_owned(),
            "--dashboard-oidc-groups-prefix=oidc:".to_owned(),
            "--dashboard-oidc-impersonate".to_owned(),
            // Browsers of this test follow the provider's redirects by their path.
            "--dashboard-url=http://localhost".to_owned(),
        ];
        // What these give is the right to impersonate.
        let values = [
            "dashboard.url=http://localhost",
            "dashboard.oidc.issuer=https://id.example.org",
            "dashboard.oidc.clientId=prescale",
            "dashboard.oidc.impersonate=true",
        ];
        let values = values.map(str::to_owned).to_vec();
        let asked = Prescale { flags, values, ..Prescale::default() };
        let dashboard = bed.dashboard(2, asked).await.unwrap();
        Self { bed, dashboard, issuer }
    }

    fn url(&self) -> &str {
        &self.dashboard.urls[0]
    }

    async fn nobody_is_let_in_without_a_token(&self) {
        let stranger = Browser::at(self.url());
        for path in ["/api/v1/session", "/api/v1/scalers", "/api/v1/events", "/api/v1/setup"] {
            let refused = stranger.get(path).await;
            assert_eq!(
                (refused.status, &refused.body["signIn"]),
                (401, &json!(["oidc", "token"])),
                "{refused:?}"
            );
        }
        for (token, words) in [("wrong", "the bearer token is not valid"), (" \n", "the token is empty")] {
            let refused = stranger.sign_in(token).await;
            says(&refused, 401, words);
            assert!(!stranger.has_cookies());
        }
        let bearer = [("authorization", "Bearer wrong")];
        says(&stranger.send(Method::GET, "/api/v1/scalers", None, &bearer).await, 401, "not valid");
        stranger.set_cookie("prescale-session", "bm90IG91cnM=");
        says(&stranger.get("/api/v1/scalers").await, 401, "sign in again");
    }

    async fn people_see_what_their_roles_let_them(&self) {
        let ada = Browser::at(self.url());
        let answer = ada.sign_in(&format!("{}\n", self.dashboard.ada)).await;
        assert_eq!((answer.status, answer.body["user"].as_str()), (200, Some(ADA)), "{answer:?}");
        assert_eq!((&answer.body["via"], &answer.body["canChangeEvents"]), (&json!("token"), &json!(true)));
        let cookie = &answer.set[0];
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "over loopback: {cookie}");
        assert!(!cookie.contains(&self.dashboard.ada[..40]), "the token can be read");
        let olga = Browser::signed_in(self.url(), &self.dashboard.olga).await;
        let nobody = Browser::signed_in(self.url(), &self.dashboard.nobody).await;
        sees(&ada, &["live/gateway"], &["live/semi-final"]).await;
        sees(&olga, &["live/gateway", "shop/till"], &["live/semi-final", "shop/sale"]).await;
        sees(&nobody, &[], &[]).await;
        // What may not be seen is as if it were not there.
        let hidden = ada.get("/api/v1/scalers/shop/till").await;
        let missing = ada.get("/api/v1/scalers/shop/none").await;
        assert_eq!((hidden.status, missing.status), (404, 404));
        let words = |answer: &Answer, name: &str| answer.body["detail"].as_str().unwrap().replace(name, "…");
        assert_eq!(words(&hidden, "till"), words(&missing, "none"));
        // A script brings its token with each call.
        let bearer = format!("Bearer {}", self.dashboard.olga);
        let script = Browser::at(&self.dashboard.urls[1]);
        let list = script.send(Method::GET, "/api/v1/scalers", None, &[("authorization", &bearer)]).await;
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(2), "{list:?}");
    }

    async fn changes_are_made_with_own_rights(&self) {
        let ada = Browser::signed_in(self.url(), &self.dashboard.ada).await;
        let draft = draft("live", "final");
        let created = ada.change(Method::POST, "/api/v1/events", Some(&draft)).await;
        assert_eq!(created.status, 201, "{created:?}");
        assert_eq!(created.body["scalers"], json!(["live/gateway"]), "{}", created.body);
        let written = self.bed.kubectl(&["-n=live", "get", "demandevent", "final", "-o=json"]).await.unwrap();
        let written: Value = serde_json::from_str(&written.success().unwrap()).unwrap();
        assert_eq!(written["spec"]["expectedDemand"], json!({"peak": 5000, "rampUp": "10m"}), "{written}");
        let again = ada.change(Method::POST, "/api/v1/events", Some(&draft)).await;
        says(&again, 409, "demandevents.prescale.dev \"final\" already exists");

        let mut edited = draft.clone();
        edited["startsAt"] = json!("2100-07-11T20:00:00Z");
        edited["resourceVersion"] = json!("1");
        let stale = ada.change(Method::PUT, "/api/v1/events/live/final", Some(&edited)).await;
        says(&stale, 409, "the object has been modified");
        let changed = until("the event to be changed", WITHIN, async || {
            // The controller's own status is a new version too.
            let event = find(&ada, "final").await?;
            let mut edited = edited.clone();
            edited["resourceVersion"] = event["resourceVersion"].clone();
            let changed = ada.change(Method::PUT, "/api/v1/events/live/final", Some(&edited)).await;
            (changed.status == 200).then_some(changed)
        });
        let changed = changed.await.unwrap();
        assert_eq!(changed.body["startsAt"], json!("2100-07-11T20:00:00Z"), "{changed:?}");

        let mut wrong = draft.clone();
        wrong["endsAt"] = json!("2100-07-11T18:00:00Z");
        wrong["confidence"] = json!(2);
        let refused = ada.change(Method::POST, "/api/v1/events", Some(&wrong)).await;
        says(&refused, 422, "is not after spec.startsAt");
        let fields: Vec<_> =
            refused.body["errors"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
        assert_eq!(fields, ["endsAt", "confidence"], "{refused:?}");

        let elsewhere = ada.change(Method::POST, "/api/v1/events", Some(&self::draft("shop", "final"))).await;
        says(
            &elsewhere,
            403,
            "User \"system:serviceaccount:live:ada\" cannot create resource \"demandevents\"",
        );
        let olga = Browser::signed_in(self.url(), &self.dashboard.olga).await;
        let refused = olga.change(Method::DELETE, "/api/v1/events/live/final", None).await;
        says(&refused, 403, "cannot delete resource \"demandevents\"");
        let gone = ada.change(Method::DELETE, "/api/v1/events/live/final", None).await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let gone = ada.change(Method::DELETE, "/api/v1/events/live/final", None).await;
        says(&gone, 404, "\"final\" not found");
    }

    async fn forged_changes_are_refused(&self) {
        let ada = Browser::signed_in(self.url(), &self.dashboard.ada).await;
        let (csrf, event) = (ada.csrf(), draft("live", "forged"));
        let other = Browser::signed_in(self.url(), &self.dashboard.ada).await.csrf();
        let cases: [(&[(&str, &str)], &str); 5] = [
            (&[], "it lacks the header X-Prescale-CSRF"),
            (&[("x-prescale-csrf", &other)], "is not this session's"),
            (&[("x-prescale-csrf", &csrf), ("sec-fetch-site", "cross-site")], "Sec-Fetch-Site: cross-site"),
            (&[("x-prescale-csrf", &csrf), ("origin", "http://evil.example")], "http://evil.example"),
            (&[("x-prescale-csrf", &csrf), ("origin", "null")], "a page of null"),
        ];
        for (headers, words) in cases {
            let refused = ada.send(Method::POST, "/api/v1/events", Some(&event), headers).await;
            says(&refused, 403, words);
        }
        let from_elsewhere = [("origin", "http://evil.example")];
        let token = json!({"token": self.dashboard.ada});
        let refused = ada.send(Method::POST, "/api/v1/session", Some(&token), &from_elsewhere).await;
        says(&refused, 403, "http://evil.example");
        assert!(find(&ada, "forged").await.is_none());
        // No page can send this header for another's cookies.
        let bearer = format!("Bearer {}", self.dashboard.ada);
        let bearer = [("authorization", bearer.as_str())];
        let script = Browser::at(self.url());
        let made = script.send(Method::POST, "/api/v1/events", Some(&event), &bearer).await;
        assert_eq!(made.status, 201, "{made:?}");
        let gone = script.send(Method::DELETE, "/api/v1/events/live/forged", None, &bearer).await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let out = ada.change(Method::DELETE, "/api/v1/session", None).await;
        assert_eq!((out.status, ada.has_cookies()), (204, false), "{out:?}");
    }

    async fn the_setup_names_what_fails_to_who_may_see_it(&self) {
        let leader = self.leader().await;
        let ada = Browser::signed_in(&leader, &self.dashboard.ada).await;
        let olga = Browser::signed_in(&leader, &self.dashboard.olga).await;
        let setup = ada.get("/api/v1/setup").await;
        let state = |id: &str| item(&setup.body, id)["state"].clone();
        for id in [
            "api-server",
            "leader",
            "api-service",
            "certificates",
            "prometheus",
            "demand",
            "events",
            "sign-in",
        ] {
            assert_eq!(state(id), "ok", "{}", item(&setup.body, id));
        }
        assert_eq!(
            (state("kafka"), state("push"), state("history")),
            (json!("off"), json!("off"), json!("off"))
        );
        assert!(item(&setup.body, "api-server")["says"].as_str().unwrap().contains("Kubernetes v1."));
        // The schema takes the zone, and the check does not.
        let unread = "apiVersion: prescale.dev/v1alpha1
kind: DemandEvent
metadata: {name: nowhere, namespace: shop}
spec: {type: on-sale, startsAt: '2100-08-01T09:00:00', timeZone: Nowhere/Land, duration: 2h}
";
        self.bed.apply(unread).await.unwrap();
        let told = until("the setup to tell of the event", WITHIN, async || {
            let setup = olga.get("/api/v1/setup").await.body;
            let events = item(&setup, "events").clone();
            (events["state"] == "failing").then_some((setup, events))
        });
        let (setup, events) = told.await.unwrap();
        assert_eq!(setup["items"][0]["id"], "events", "what fails comes first");
        let says = events["says"].as_str().unwrap();
        assert!(says.contains("`shop/nowhere`: spec.timeZone `Nowhere/Land`"), "{says}");
        let hidden = ada.get("/api/v1/setup").await.body;
        let says = item(&hidden, "events")["says"].as_str().unwrap();
        assert!(says.contains("1 does not") && !says.contains("nowhere"), "{says}");
        self.bed.kubectl(&["-n=shop", "delete", "demandevent", "nowhere"]).await.unwrap().success().unwrap();
    }

    /// The dashboard of the replica that leads: a follower hears of the registration some time later.
    async fn leader(&self) -> String {
        for url in &self.dashboard.urls {
            let olga = Browser::signed_in(url, &self.dashboard.olga).await;
            let setup = olga.get("/api/v1/setup").await;
            if item(&setup.body, "leader")["says"].as_str().unwrap().starts_with("this replica leads") {
                return url.clone();
            }
        }
        panic!("none of {:?} leads", self.dashboard.urls)
    }

    async fn an_identity_provider_lets_people_in(&self) {
        let ada = Browser::at(self.url());
        let back = self.at_the_provider(&ada, "/auth/login?to=/events").await;
        assert_eq!((back.status, back.location.as_str()), (303, "/events"), "{back:?}");
        let session = ada.get("/api/v1/session").await;
        assert_eq!(
            (&session.body["user"], &session.body["via"]),
            (&json!("oidc:ada"), &json!("oidc")),
            "{session:?}"
        );
        ada.learn_csrf(&session);
        // By its group, and not by `system:masters`, which the provider says too.
        sees(&ada, &["live/gateway"], &["live/semi-final"]).await;
        let made = ada.change(Method::POST, "/api/v1/events", Some(&draft("live", "theirs"))).await;
        assert_eq!(made.status, 201, "{made:?}");
        let refused = ada.change(Method::POST, "/api/v1/events", Some(&draft("shop", "theirs"))).await;
        says(&refused, 403, "User \"oidc:ada\" cannot create resource \"demandevents\"");
        let gone = ada.change(Method::DELETE, "/api/v1/events/live/theirs", None).await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let astray = Browser::at(self.url());
        let back = self.at_the_provider(&astray, "/auth/login?to=//evil.example").await;
        assert_eq!(back.location, "/", "nobody is led away");
    }

    async fn tokens_that_are_wrong_let_nobody_in(&self) {
        for flaw in [Flaw::Audience, Flaw::Nonce, Flaw::Expired, Flaw::Signature, Flaw::Issuer] {
            self.issuer.has(flaw);
            let browser = Browser::at(&self.dashboard.urls[1]);
            let back = self.at_the_provider(&browser, "/auth/login").await;
            assert_eq!(back.location, "/sign-in?failed=refused", "{flaw:?}");
            assert!(!browser.has_cookies(), "{flaw:?}");
        }
        self.issuer.has(Flaw::None);
        // In another browser than the one that began.
        let began = Browser::at(&self.dashboard.urls[1]);
        let other = Browser::at(&self.dashboard.urls[1]);
        let callback = self.callback(&began, "/auth/login").await;
        assert_eq!(other.get(&callback).await.location, "/sign-in?failed=expired");
        let twice = (began.get(&callback).await.location, began.get(&callback).await.location);
        assert_eq!(twice, ("/".to_owned(), "/sign-in?failed=expired".to_owned()), "a code holds once");
        let _ = self.callback(&other, "/auth/login").await;
        assert_eq!(
            other.get("/auth/callback?error=access_denied&state=x").await.location,
            "/sign-in?failed=expired"
        );
    }

    /// Its tokens are right, and its certificate is of an authority that nobody has named, or of another.
    async fn a_provider_of_a_strange_authority_is_not_asked(&self) {
        let other = self.bed.authorities().servers.path().display().to_string();
        let named = ["--dashboard-oidc-ca", &other];
        for (name, ca) in [("no-authority", &named[..0]), ("other-authority", &named[..])] {
            let issuer = format!("--dashboard-oidc-issuer={}", self.issuer.url);
            let mut flags =
                vec![&*issuer, "--dashboard-oidc-client-id=prescale", "--dashboard-url=http://localhost"];
            flags.extend(ca);
            let browser = Browser::at(&self.beside(name, &flags).await);
            let stays = browser.get("/auth/login").await;
            assert_eq!(stays.location, "/sign-in?failed=unavailable", "{name}: {stays:?}");
            assert!(!browser.has_cookies(), "{name}");
        }
    }

    /// Goes to the provider and comes back; what the dashboard answers then.
    async fn at_the_provider(&self, browser: &Browser, path: &str) -> Answer {
        let callback = self.callback(browser, path).await;
        browser.get(&callback).await
    }

    /// The path by which the provider sends the browser back.
    async fn callback(&self, browser: &Browser, path: &str) -> String {
        let leaves = browser.get(path).await;
        assert_eq!(leaves.status, 303, "{leaves:?}");
        let provider = Browser::trusting(&self.issuer.ca);
        let back = provider.get(&leaves.location).await;
        back.location.strip_prefix("http://localhost").unwrap_or_else(|| panic!("{back:?}")).to_owned()
    }

    async fn sessions_outlive_a_restart_and_end_in_time(&self) {
        let mut ada = Browser::signed_in(self.url(), &self.dashboard.ada).await;
        ada.url.clone_from(&self.dashboard.urls[1]);
        assert_eq!(ada.get("/api/v1/session").await.status, 200, "the other replica knows it too");
        ada.url.clone_from(&self.dashboard.urls[0]);
        self.bed.restart(&self.dashboard.replicas[0].name).await.unwrap();
        self.answers(self.url()).await;
        let session = ada.get("/api/v1/session").await;
        assert_eq!(session.body["user"], ADA, "{session:?}");

        let short = self.beside("short", &["--dashboard-session=2s"]).await;
        let brief = Browser::signed_in(&short, &self.dashboard.ada).await;
        let expired = until("the session to expire", WITHIN, async || {
            let answer = brief.get("/api/v1/session").await;
            (answer.status == 401).then_some(answer)
        });
        says(&expired.await.unwrap(), 401, "your session has expired: sign in again");

        let secret = ["-n", NAMESPACE, "delete", "secret", "prescale-sessions"];
        self.bed.kubectl(&secret).await.unwrap().success().unwrap();
        let ended = until("sessions to end with their key", WITHIN, async || {
            let answer = ada.get("/api/v1/session").await;
            (answer.status == 401).then_some(answer)
        });
        says(&ended.await.unwrap(), 401, "your session is not valid any more");
    }

    async fn everybody_looks_where_the_operator_says_so(&self) {
        let open = self.beside("open", &["--dashboard-anonymous"]).await;
        let anybody = Browser::at(&open);
        let session = anybody.get("/api/v1/session").await;
        assert_eq!(
            (&session.body["via"], &session.body["canChangeEvents"]),
            (&json!("anonymous"), &json!(false))
        );
        sees(&anybody, &["live/gateway", "shop/till"], &["live/semi-final", "shop/sale"]).await;
        let refused = anybody.change(Method::POST, "/api/v1/events", Some(&draft("live", "final"))).await;
        says(&refused, 403, "sign in to change events");
        let setup = anybody.get("/api/v1/setup").await;
        assert!(item(&setup.body, "sign-in")["says"].as_str().unwrap().contains("--dashboard-anonymous"));
        assert_eq!(item(&setup.body, "writes")["state"], "off", "it is a dry run");
    }

    fn each_change_and_refusal_is_written_down(&self) {
        let logs: String =
            self.dashboard.replicas.iter().map(|replica| self.bed.log(&replica.name)).collect();
        let lines: Vec<_> = logs.lines().filter(|line| line.contains("prescale::audit")).collect();
        let check = |words: &[&str]| {
            let found = lines.iter().any(|line| words.iter().all(|word| line.contains(word)));
            assert!(found, "no line has {words:?} of:\n{}", lines.join("\n"));
        };
        check(&["sign-in", ADA, "done"]);
        check(&["sign-in", "refused", "not valid"]);
        check(&["sign-in", "oidc:ada", "done"]);
        check(&["create", ADA, "demandevents live/final", "done"]);
        check(&["create", ADA, "demandevents shop/final", "refused", "cannot create"]);
        check(&["update", ADA, "demandevents live/final", "refused", "modified"]);
        check(&["delete", "oidc:ada", "demandevents live/theirs", "done"]);
        check(&["change", ADA, "/api/v1/events", "refused", "X-Prescale-CSRF"]);
        assert!(!logs.contains(&self.dashboard.ada), "a token is in the log");
    }

    /// A controller beside those of the chart, which writes nothing; where its dashboard is.
    async fn beside(&self, name: &str, flags: &[&str]) -> String {
        let local = || format!("127.0.0.1:{}", self.bed.port().unwrap());
        let (http, dashboard) = (local(), local());
        let mut arguments = vec![
            format!("--prometheus-url={}", self.dashboard.prometheus),
            format!("--http-bind={http}"),
            format!("--dashboard-bind={dashboard}"),
            "--dry-run".to_owned(),
            "--tick=2s".to_owned(),
            "--log-format=text".to_owned(),
        ];
        arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let kubeconfig = self.bed.service_account(NAMESPACE, RELEASE).await.unwrap();
        let environment = [("KUBECONFIG".to_owned(), kubeconfig.display().to_string())].into();
        let program = controller();
        self.bed.run(Process { name: name.to_owned(), program, arguments, environment }).await.unwrap();
        let url = format!("http://{dashboard}");
        self.answers(&url).await;
        url
    }

    /// Waits until a dashboard answers.
    async fn answers(&self, url: &str) {
        until(&format!("{url} to answer"), WITHIN, async || {
            reqwest::get(format!("{url}/api/v1/openapi.json"))
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
        })
        .await
        .unwrap();
    }
}

/// Waits until exactly these scalers and events are seen: a watch may be a moment behind.
async fn sees(browser: &Browser, scalers: &[&str], events: &[&str]) {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let what = format!("{scalers:?} and {events:?} to be seen");
    until(&what, WITHIN, async || {
        let seen = (names(browser, "/api/v1/scalers").await, names(browser, "/api/v1/events").await);
        (seen == (owned(scalers), owned(events))).then_some(())
    })
    .await
    .unwrap();
}

async fn names(browser: &Browser, path: &str) -> Vec<String> {
    let list = browser.get(path).await;
    assert_eq!(list.status, 200, "{list:?}");
    let text = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    let items = list.body["items"].as_array().unwrap().iter();
    let mut names: Vec<_> =
        items.map(|item| format!("{}/{}", text(item, "namespace"), text(item, "name"))).collect();
    names.sort();
    names
}

async fn find(browser: &Browser, name: &str) -> Option<Value> {
    let events = browser.get("/api/v1/events").await.body;
    events["items"].as_array()?.iter().find(|event| event["name"] == name).cloned()
}

fn item<'a>(setup: &'a Value, id: &str) -> &'a Value {
    let items = setup["items"].as_array().unwrap_or_else(|| panic!("{setup}"));
    items.iter().find(|item| item["id"] == id).unwrap_or_else(|| panic!("no {id}: {setup}"))
}

fn draft(namespace: &str, name: &str) -> Value {
    json!({
        "namespace": namespace, "name": name, "type": "kick-off", "labels": {"team": "live"},
        "startsAt": "2100-07-11T19:00:00Z", "endsAt": "2100-07-11T21:00:00Z",
        "expectedDemand": {"peak": 5000, "rampUp": "10m"},
    })
}

fn says(answer: &Answer, status: u16, words: &str) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    assert!(answer.status == status && detail.contains(words), "{status} {words}: {answer:?}");
    assert_eq!(answer.body["status"], json!(status), "{answer:?}");
}

/// The controller that was built beside this test.
fn controller() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().nth(2).unwrap().join("prescale-controller")
}
