import type { Layout } from './layout.ts';
import { NODE_LAYOUTS } from './node-layouts.ts';

/** Ten sorts of repositories, each as people have them. Facts that are not named are empty. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  ...NODE_LAYOUTS,

  Python: {
    files: {
      'pyproject.toml': `[project]
name = "app"
dependencies = [
  "FastAPI[standard]>=0.115",  # web
  "httpx",
  "pydantic (>=2.10,<3.0)",
  "sqlalchemy!=2.0.1,>=2.0; python_version>'3'",
  "inner @ git+ssh://git@host/inner.git",
]
[project.optional-dependencies]
metrics = ["prometheus-client~=0.21"]
[dependency-groups]
dev = ["pytest>=8.3", { include-group = "lint" }]
lint = ["ruff==0.8.1"]
[tool.mypy]
strict = true
`,
      'uv.lock': '',
      'app/main.py': '',
      'tests/test_main.py': '',
      'migrations/1.sql': '',
      '.venv/bin/python': '',
      'app.egg-info/x': '',
    },
    facts: {
      languages: ['Python'],
      packageManager: 'uv',
      frameworks: ['FastAPI 0.115', 'pytest 8.3', 'Pydantic 2.10', 'SQLAlchemy 2.0'],
      commands: { lint: 'uv run ruff check .', types: 'uv run mypy .', test: 'uv run pytest' },
      layout: ['app/', 'migrations/', 'tests/'],
      packages: [
        ...['fastapi 0.115', 'pytest 8.3', 'pydantic 2.10', 'sqlalchemy 2.0'],
        ...['httpx', 'prometheus-client 0.21', 'ruff 0.8.1'],
      ],
    },
  },

  Rust: {
    files: {
      'Cargo.toml': `[package]
name = "app"
[dependencies]
serde = { version = "1.0", features = ["derive"] }
tokio = "1.40"
axum = "0.8"
mine = { path = "../mine", version = "0.1" }
corp = { version = "1", registry = "corp" }
json = { package = "serde_json", version = "1.0.1" }
[dev-dependencies]
insta = "1.41"
`,
      'src/main.rs': '',
      'tests/all.rs': '',
      'target/debug/x': '',
    },
    facts: {
      languages: ['Rust'],
      packageManager: 'cargo',
      frameworks: ['Axum 0.8', 'Tokio 1.40', 'Serde 1.0'],
      commands: { lint: 'cargo clippy', test: 'cargo test', build: 'cargo build' },
      layout: ['src/', 'tests/'],
      packages: ['axum 0.8', 'tokio 1.40', 'serde 1.0', 'serde_json 1.0.1', 'insta 1.41'],
    },
  },

  Go: {
    files: {
      'go.mod': `module github.com/corp/app

go 1.24

require (
	github.com/gin-gonic/gin v1.10.0
	github.com/corp/secret v0.1.0
	github.com/x/forked v1.0.0
	git.corp.example/team/lib v1.2.0
	golang.org/x/net v0.30.0 // indirect
	golang.org/x/text v0.19.0 // for names
)
require github.com/spf13/cobra/v2 v2.0.0

replace github.com/x/forked => ../forked
`,
      '.golangci.yml': '',
      'cmd/app/main.go': '',
      'internal/x.go': '',
      'vendor/x/x.go': '',
    },
    facts: {
      languages: ['Go'],
      packageManager: 'go',
      frameworks: ['Gin 1.10.0', 'Cobra 2.0.0'],
      commands: { lint: 'golangci-lint run ./...', test: 'go test ./...', build: 'go build ./...' },
      layout: ['cmd/', 'internal/'],
      packages: ['github.com/gin-gonic/gin 1.10.0', 'github.com/spf13/cobra 2.0.0', 'golang.org/x/text 0.19.0'],
    },
  },

  Java: {
    files: {
      'settings.gradle': "rootProject.name = 'shop'\ninclude ':api', ':lib:core'\nincludeBuild '../other'\n",
      'build.gradle': `plugins {
  id 'java'
  id 'org.springframework.boot' version '3.4.1' apply false
  id 'com.diffplug.spotless' version '6.25.0'
}
dependencies { testImplementation 'org.junit.jupiter:junit-jupiter:5.11.3' }
`,
      gradlew: '',
      'api/build.gradle': "dependencies { implementation 'com.corp:secret:1.0.0' }\n",
      'api/src/main/java/A.java': '',
      'lib/core/build.gradle.kts': 'plugins { kotlin("jvm") version "2.1.0" }\n',
      'lib/core/src/main/kotlin/B.kt': '',
      'build/libs/x.jar': '',
    },
    facts: {
      languages: ['Java', 'Kotlin'],
      packageManager: 'gradle',
      frameworks: ['Spring Boot 3.4.1', 'Kotlin 2.1.0', 'JUnit 5.11.3'],
      commands: { lint: './gradlew spotlessCheck', test: './gradlew test', build: './gradlew build' },
      layout: ['api/ (Java)', 'lib/core/ (Kotlin)'],
      packages: ['org.springframework.boot 3.4.1', 'org.jetbrains.kotlin 2.1.0', 'org.junit 5.11.3'],
    },
  },

  empty: { files: {}, facts: {} },

  'no git': {
    plain: true,
    files: {
      Makefile: 'test: build\n\tx\nlint :\n\tx\nbuild := release\n',
      'backend/pyproject.toml': '[project]\nname = "b"\ndependencies = ["Django>=5.1"]\n',
      'backend/manage.py': '',
      'frontend/package.json': { scripts: { test: 'x', build: 'x' }, dependencies: { vue: '3.5.0' } },
      'notes/x.txt': '',
    },
    facts: {
      languages: ['Python', 'JavaScript'],
      packageManager: 'pip',
      frameworks: ['Django 5.1', 'Vue 3.5.0'],
      commands: {
        lint: 'make lint',
        test: 'make test',
        build: '(cd frontend && npm run build)',
      },
      layout: ['backend/ (Python)', 'frontend/ (JavaScript)', 'notes/'],
      packages: ['django 5.1', 'vue 3.5.0'],
      commits: [],
    },
  },

  'many files': {
    many: 3_000,
    files: { 'package.json': { workspaces: ['src/*'], scripts: { test: 'x' } }, 'src/a/package.json': {} },
    facts: {
      languages: ['JavaScript'],
      packageManager: 'npm',
      commands: { test: 'npm test' },
      layout: ['src/a/ (JavaScript)', 'data/'],
    },
  },
};
