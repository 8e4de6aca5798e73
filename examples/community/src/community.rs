//! A site that is served until it is dropped.
//!
//! Owns: start, routes, and the end. Must not: print or wait for signals; the command does.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::handler::protect;
use crate::limits::{DRAIN, HANDLERS_MAX};
use crate::site::{Options, Site};
use crate::store::Store;
use crate::webim::server::Address;
use crate::{avatar, pages, plug, seed};

/// A site that is served. Dropping it ends it.
#[derive(Debug)]
pub struct Community {
    address: SocketAddr,
    site: Arc<Site>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Community {
    /// Starts a site with this database, which is made and seeded if there is none. If there is a message server in this
    /// process, start that first: files that are open when it starts stay open in its threads.
    pub fn start(listen: SocketAddr, file: &Path, im: Address, options: Options) -> io::Result<Community> {
        let named =
            |what: String| move |error: io::Error| io::Error::new(error.kind(), format!("{what}: {error}"));
        let listener = std::net::TcpListener::bind(listen).map_err(named(format!("listen {listen}")))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let store = Store::open(file).map_err(named(file.display().to_string()))?;
        seed::if_empty(&store)?;
        let site = Arc::new(Site::new(options, store, im)?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(HANDLERS_MAX)
            .enable_all()
            .build()?;
        let (end, ended) = oneshot::channel();
        let router = router(&site);
        let serving = thread::Builder::new().name("site".to_owned());
        let thread = serving.spawn(move || serve(runtime, listener, router, ended))?;
        Ok(Community { address, site, end: Some(end), thread: Some(thread) })
    }

    /// The address on which it listens, with the port that was chosen for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The state that its handlers share.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

impl Drop for Community {
    /// Answers the requests that are being served, and ends.
    fn drop(&mut self) {
        drop(self.end.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            log::error!("the site failed");
        }
    }
}

fn router(site: &Arc<Site>) -> Router {
    pages::routes()
        .merge(plug::routes())
        .merge(avatar::routes())
        .layer(axum::middleware::map_response_with_state(Arc::clone(site), protect))
        .with_state(Arc::clone(site))
}

fn serve(runtime: Runtime, listener: std::net::TcpListener, router: Router, ended: oneshot::Receiver<()>) {
    let (draining, drained) = oneshot::channel::<()>();
    let served = runtime.block_on(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let end = async move {
            // Nothing is sent on this channel: its end is the signal.
            ended.await.ok();
            drop(draining);
        };
        let serving = axum::serve(TcpListener::from_std(listener)?, service).with_graceful_shutdown(end);
        tokio::select! {
            served = serving => served,
            () = async { drained.await.ok(); tokio::time::sleep(DRAIN).await } => Ok(()),
        }
    });
    if let Err(error) = served {
        log::error!("the site ended: {error}");
    }
    runtime.shutdown_timeout(DRAIN);
}
