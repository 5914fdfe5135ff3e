/** As much of GitHub's GraphQL as `gh` asks for. Names and kinds are GitHub's. */
import { buildSchema } from 'graphql';

/** An interface has its fields again in every type that implements it. */
const REPOSITORIES = `repositories(
    first: Int
    after: String
    affiliations: [RepositoryAffiliation]
    ownerAffiliations: [RepositoryAffiliation]
    orderBy: RepositoryOrder
    privacy: RepositoryPrivacy
    isFork: Boolean
  ): RepositoryConnection!`;

export const schema = buildSchema(/* GraphQL */ `
  scalar DateTime
  scalar URI

  type Query {
    viewer: User!
    repository(owner: String!, name: String!, followRenames: Boolean): Repository
    repositoryOwner(login: String!): RepositoryOwner
  }

  type Mutation {
    createRepository(input: CreateRepositoryInput!): CreateRepositoryPayload
  }

  input CreateRepositoryInput {
    name: String!
    visibility: RepositoryVisibility!
    ownerId: ID
    description: String
    homepageUrl: URI
    hasIssuesEnabled: Boolean
    hasWikiEnabled: Boolean
    template: Boolean
    teamId: ID
    clientMutationId: String
  }

  type CreateRepositoryPayload {
    clientMutationId: String
    repository: Repository
  }

  interface RepositoryOwner {
    id: ID!
    login: String!
    url: URI!
    ${REPOSITORIES}
  }

  type User implements RepositoryOwner {
    id: ID!
    login: String!
    name: String
    url: URI!
    organizations(first: Int, after: String): OrganizationConnection!
    ${REPOSITORIES}
  }

  type Organization {
    id: ID!
    login: String!
  }

  type OrganizationConnection {
    nodes: [Organization]
    totalCount: Int!
    pageInfo: PageInfo!
  }

  type RepositoryConnection {
    nodes: [Repository]
    totalCount: Int!
    pageInfo: PageInfo!
  }

  type PullRequestConnection {
    nodes: [PullRequest]
    totalCount: Int!
    pageInfo: PageInfo!
  }

  type PageInfo {
    endCursor: String
    hasNextPage: Boolean!
  }

  type Repository {
    id: ID!
    databaseId: Int
    name: String!
    nameWithOwner: String!
    owner: RepositoryOwner!
    description: String
    homepageUrl: URI
    url: URI!
    sshUrl: URI!
    createdAt: DateTime!
    updatedAt: DateTime!
    pushedAt: DateTime
    defaultBranchRef: Ref
    parent: Repository
    isArchived: Boolean!
    isEmpty: Boolean!
    isFork: Boolean!
    isPrivate: Boolean!
    isTemplate: Boolean!
    visibility: RepositoryVisibility!
    viewerPermission: RepositoryPermission
    viewerCanAdminister: Boolean!
    hasIssuesEnabled: Boolean!
    hasProjectsEnabled: Boolean!
    hasWikiEnabled: Boolean!
    hasDiscussionsEnabled: Boolean!
    mergeCommitAllowed: Boolean!
    rebaseMergeAllowed: Boolean!
    squashMergeAllowed: Boolean!
    deleteBranchOnMerge: Boolean!
    forkCount: Int!
    stargazerCount: Int!
    diskUsage: Int
    pullRequests(
      first: Int
      headRefName: String
      orderBy: IssueOrder
      states: [PullRequestState!]
    ): PullRequestConnection!
  }

  type Ref {
    name: String!
  }

  type PullRequest {
    number: Int!
    title: String!
    url: URI!
    state: PullRequestState!
    headRefName: String!
    headRepository: Repository
  }

  input IssueOrder {
    field: IssueOrderField!
    direction: OrderDirection!
  }

  input RepositoryOrder {
    field: RepositoryOrderField!
    direction: OrderDirection!
  }

  enum IssueOrderField {
    CREATED_AT
    UPDATED_AT
    COMMENTS
  }

  enum RepositoryOrderField {
    CREATED_AT
    UPDATED_AT
    PUSHED_AT
    NAME
    STARGAZERS
  }

  enum OrderDirection {
    ASC
    DESC
  }

  enum PullRequestState {
    OPEN
    CLOSED
    MERGED
  }

  enum RepositoryAffiliation {
    OWNER
    COLLABORATOR
    ORGANIZATION_MEMBER
  }

  enum RepositoryPermission {
    ADMIN
    MAINTAIN
    READ
    TRIAGE
    WRITE
  }

  enum RepositoryPrivacy {
    PRIVATE
    PUBLIC
  }

  enum RepositoryVisibility {
    INTERNAL
    PRIVATE
    PUBLIC
  }
`);
